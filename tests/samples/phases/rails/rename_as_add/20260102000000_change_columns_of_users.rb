class ChangeColumnsOfUsers < ActiveRecord::Migration[6.1]
  def change
    remove_column :users, :name, :string, null: false
    remove_column :users, :nick, :string, limit: 40
    remove_column :users, :plan, :string, null: false, default: "free"
    add_column :users, :full_name, :string, null: false
    add_column :users, :handle, :string, limit: 40
    add_column :users, :tier, :string, null: false, default: "free"
  end
end
