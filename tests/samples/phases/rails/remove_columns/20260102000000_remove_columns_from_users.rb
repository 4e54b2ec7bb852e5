class RemoveColumnsFromUsers < ActiveRecord::Migration[6.1]
  def change
    remove_index :users, :nick
    remove_column :users, :nick, :string, null: false
    remove_column :users, :plan, :string, null: false, default: "free"
    remove_reference :users, :team, null: false, foreign_key: { on_delete: :cascade }
    add_column :users, :age, :integer
  end
end
