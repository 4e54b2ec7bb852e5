class IndexUsers < ActiveRecord::Migration[6.1]
  def up
    add_index :users, :name
    add_column :users, :score, :float, null: false, default: 0
  end

  def down
    remove_column :users, :score
    remove_index :users, :name
  end
end
