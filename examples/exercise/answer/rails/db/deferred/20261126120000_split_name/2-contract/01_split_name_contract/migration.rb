# Step 7 of 7 · split_name · instant, waits at most 100 ms for "users" at a time (ACCESS EXCLUSIVE)
# If it fails: nothing has changed. Run bin/rails db:migrate again
# safestep: ignore[drop-column] it runs when the deploy before it is out
class SplitNameContractSUFFIX-BY-SAFESTEP-RELEASE < ActiveRecord::Migration[7.2]
  def up
    retry_on_lock_timeout do
      connection.execute 'DROP TRIGGER IF EXISTS "zzz_users_first_name_sync" ON "users"'
      connection.execute 'DROP FUNCTION IF EXISTS "users_first_name_sync"'
      only_if %(EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('"users"') AND attname = 'name')) do
        remove_column :users, :name
      end
    end
  end

  def down
    raise ActiveRecord::IrreversibleMigration, "what it removes is gone"
  end

  private

  # Waits at most 100ms for its locks, then lets everybody pass and tries again.
  def retry_on_lock_timeout(attempts = 60)
    connection.transaction(requires_new: true) do
      connection.execute "SET LOCAL lock_timeout = '100ms'"
      yield
    end
  rescue ActiveRecord::LockWaitTimeout
    attempts -= 1
    raise if attempts.zero?

    sleep 0.5 + rand
    retry
  end

  # What is done already is not done again.
  def only_if(condition)
    yield if connection.select_value("SELECT 1 WHERE #{condition}")
  end
end
