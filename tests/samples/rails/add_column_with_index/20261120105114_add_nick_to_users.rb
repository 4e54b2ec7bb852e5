class AddNickToUsers < ActiveRecord::Migration[6.1]
  def change
    add_column :users, :nick, :string, limit: 100
    add_index :users, :nick
  end
end
