class RenameColumnsOfUsers < ActiveRecord::Migration[6.1]
  def change
    rename_column :users, :name, :full_name
    rename_column :users, :nick, :handle
    rename_column :users, :plan, :tier
  end
end
