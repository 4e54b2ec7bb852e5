class ChangeAgeOfUsers < ActiveRecord::Migration[6.1]
  def up
    change_column :users, :age, :bigint
  end

  def down
    change_column :users, :age, :integer
  end
end
