class AddThings < ActiveRecord::Migration[7.2]
  def change
    add_column :users, :token, :uuid, default: -> { "gen_random_uuid()" }, null: false
    add_index :users, :email, unique: true
    change_column_null :users, :name, false
    add_reference :posts, :user, foreign_key: true
    add_check_constraint :posts, "title <> ''", name: "posts_title_check"
  end
end
