class RemoveIndexFromPosts < ActiveRecord::Migration[6.1]
  def change
    remove_index :posts, :title, if_exists: true
    add_column :users, :nick, :string unless column_exists?(:users, :nick)
  end
end
