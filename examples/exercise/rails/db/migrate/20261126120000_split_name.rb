class SplitName < ActiveRecord::Migration[7.2]
  def change
    remove_column :users, :name, :string, limit: 100
    add_column :users, :first_name, :string
    add_column :users, :last_name, :string
    add_column :users, :phone, :string
    add_column :users, :status, :string, null: false, default: "active"
    add_index :users, :phone, unique: true
    add_index :users, [:status, :created_at], order: { created_at: :desc }
  end
end
