class CreateTables < ActiveRecord::Migration[6.1]
  def up
    execute "CREATE TYPE mood AS ENUM ('happy', 'sad')"
    create_table :users do |t|
      t.column :mood, :mood
    end
  end

  def down
    drop_table :users
    execute "DROP TYPE mood"
  end
end
