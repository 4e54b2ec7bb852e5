class Conditions < ActiveRecord::Migration[7.1]
  def up
    add_column :users, :nickname, :string unless column_exists?(:users, :nickname)
    if index_exists?(:users, :email)
      remove_index :users, :email
    end
    unless table_exists?(:orders)
      create_table(:orders) { |t| t.string :number }
    end
    if connection.adapter_name == "PostgreSQL" && !reverting?
      add_column :users, :born_on, :date
    else
      add_column :users, :born_on, :datetime
    end
    case :weekly
    when :daily then add_column :users, :day, :date
    when :weekly
      add_column :users, :week, :integer
    else raise "never"
    end
    return if table_exists?(:accounts)

    add_column :users, :account_id, :bigint
    add_index :users, :account_id
  end
end
