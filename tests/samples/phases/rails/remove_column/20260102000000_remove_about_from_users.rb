class RemoveAboutFromUsers < ActiveRecord::Migration[6.1]
  def up
    remove_column :users, :about
  end

  def down
    add_column :users, :about, :text
  end
end
