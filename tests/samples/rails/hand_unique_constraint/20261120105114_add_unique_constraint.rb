class AddUniqueConstraint < ActiveRecord::Migration[6.1]
  def up
    execute "ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email)"
  end

  def down
    execute "ALTER TABLE users DROP CONSTRAINT users_email_key"
  end
end
