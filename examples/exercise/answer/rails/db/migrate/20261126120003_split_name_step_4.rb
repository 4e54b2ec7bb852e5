# Step 4 of 7 · split_name · instant, waits at most 100 ms for "users" at a time (ACCESS EXCLUSIVE)
# If it fails: nothing has changed. Run bin/rails db:migrate again
class SplitNameStep4 < ActiveRecord::Migration[7.2]
  def up
    retry_on_lock_timeout do
      add_column :users, :phone, :string
      add_column :users, :status, :string, null: false, default: "active"
    end
  end

  def down
    retry_on_lock_timeout do
      remove_column :users, :status
      remove_column :users, :phone
    end
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
end
