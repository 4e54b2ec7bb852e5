class AddMoodValue < ActiveRecord::Migration[6.1]
  def up
    execute "ALTER TYPE mood ADD VALUE 'calm'"
    execute "ALTER TABLE users ALTER COLUMN mood SET DEFAULT 'calm'"
  end

  def down
    execute "ALTER TABLE users ALTER COLUMN mood DROP DEFAULT"
  end
end
