# What needs more than reading.
class Beyond < ActiveRecord::Migration[7.1]
  disable_ddl_transaction!

  class User < ActiveRecord::Base; end

  def up
    add_index :users, :email
    User.find_each { |user| user.update!(name: user.name.strip) }
    User.where(name: nil).pluck(:id).each do |id|
      execute "UPDATE users SET name = 'nobody' WHERE id = #{id}"
    end
    column = User.column_names.first
    add_column :users, :"#{column}_copy", :string
    safety_assured do
      remove_column :users, :name
      execute "DROP VIEW old_users"
    end
    begin
      add_column :users, :age, :integer
    rescue ActiveRecord::StatementInvalid => error
      puts error.message
    end
    while User.where(age: nil).exists?
      execute "UPDATE users SET age = 0 WHERE id IN (SELECT id FROM users WHERE age IS NULL LIMIT 100)"
    end
    puts "names: #{User.distinct.count(:name)}" if Rails.env.development?
  end

  def down
    raise ActiveRecord::IrreversibleMigration
  end
end
