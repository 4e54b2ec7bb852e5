class RequireAgeOfUsers < ActiveRecord::Migration[6.1]
  def change
    change_column_default :users, :age, from: nil, to: 18
    change_column_null :users, :age, false, 18
  end
end
