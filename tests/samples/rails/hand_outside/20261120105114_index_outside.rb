class IndexOutside < ActiveRecord::Migration[6.1]
  disable_ddl_transaction!

  def change
    add_index :users, :name, algorithm: :concurrently
    add_index :posts, :user_id, algorithm: :concurrently
    add_foreign_key :posts, :users
  end
end
