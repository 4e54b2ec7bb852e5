class ChangePosts < ActiveRecord::Migration[6.1]
  def change
    change_table :posts do |t|
      t.string :slug
      t.index :slug, unique: true
      t.references :editor, foreign_key: { to_table: :users }
    end
  end
end
