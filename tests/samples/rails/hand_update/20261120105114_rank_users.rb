class RankUsers < ActiveRecord::Migration[6.1]
  def up
    add_column :users, :rank, :integer
    add_index :posts, :user_id
    execute "UPDATE users SET rank = age"
    change_column_null :users, :rank, false, 0
    add_index :users, :rank
  end

  def down
    remove_column :users, :rank
    remove_index :posts, :user_id
  end
end
