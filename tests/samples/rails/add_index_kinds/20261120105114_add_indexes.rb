class AddIndexes < ActiveRecord::Migration[6.1]
  def change
    # as people search
    add_index :users, "lower(email)", name: "users_by_email"
    add_index :posts, %i[user_id created_at], order: { created_at: :desc }
    add_index :posts, [:user_id], where: "title IS NOT NULL", name: 'index_titled', using: :btree # few
  end
end
