# Step 1 of 7 · split_name · instant, waits at most 100 ms for "users" at a time (ACCESS EXCLUSIVE)
# If it fails: nothing has changed. Run bin/rails db:migrate again
class SplitName < ActiveRecord::Migration[7.2]
  def up
    retry_on_lock_timeout do
      add_column :users, :first_name, :string
      add_column :users, :last_name, :string
      connection.execute <<~SQL
        CREATE OR REPLACE FUNCTION "users_first_name_sync"() RETURNS trigger LANGUAGE plpgsql AS $sync$
        BEGIN
          IF TG_OP = 'INSERT' THEN
            IF NEW."first_name" IS NULL THEN
              NEW."first_name" := (SELECT split_part(name, ' ', 1) FROM (SELECT NEW.*) AS "users");
            END IF;
            IF NEW."last_name" IS NULL THEN
              NEW."last_name" := (SELECT nullif(substr(name, strpos(name, ' ') + 1), name) FROM (SELECT NEW.*) AS "users");
            END IF;
          ELSIF NEW."name" IS DISTINCT FROM OLD."name" THEN
            /* code that does not know a column leaves it as it is */
            IF NOT (NEW."first_name" IS DISTINCT FROM OLD."first_name") THEN
              NEW."first_name" := (SELECT split_part(name, ' ', 1) FROM (SELECT NEW.*) AS "users");
            END IF;
            IF NOT (NEW."last_name" IS DISTINCT FROM OLD."last_name") THEN
              NEW."last_name" := (SELECT nullif(substr(name, strpos(name, ' ') + 1), name) FROM (SELECT NEW.*) AS "users");
            END IF;
          END IF;
          RETURN NEW;
        END
        $sync$
      SQL
      connection.execute <<~SQL
        CREATE TRIGGER "zzz_users_first_name_sync" BEFORE INSERT OR UPDATE ON "users" FOR EACH ROW EXECUTE FUNCTION "users_first_name_sync"()
      SQL
    end
  end

  def down
    retry_on_lock_timeout do
      connection.execute 'DROP TRIGGER IF EXISTS "zzz_users_first_name_sync" ON "users"'
      connection.execute 'DROP FUNCTION IF EXISTS "users_first_name_sync"'
      remove_column :users, :last_name
      remove_column :users, :first_name
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
