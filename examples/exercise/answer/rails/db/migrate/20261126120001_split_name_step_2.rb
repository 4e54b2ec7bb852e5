# Step 2 of 7 · split_name · fills rows in batches of 1000, each with its own commit
# If it fails: the batches so far are kept. Run bin/rails db:migrate again: it goes on where it was
class SplitNameStep2 < ActiveRecord::Migration[7.2]
  disable_ddl_transaction!

  def up
    without_timeouts do
      connection.execute <<~SQL
        DO $safestep$
        DECLARE
          bf_from1 "users"."id"%TYPE; bf_next1 "users"."id"%TYPE;
          bf_more boolean;
          bf_tries int;
        BEGIN
          SELECT "id" INTO bf_from1 FROM "users" ORDER BY "id" LIMIT 1;
          bf_more := FOUND;
          WHILE bf_more LOOP
            SELECT "id" INTO bf_next1 FROM "users" WHERE "id" >= bf_from1 ORDER BY "id" OFFSET 1000 LIMIT 1;
            bf_more := FOUND;
            bf_tries := 0;
            LOOP
              BEGIN
                PERFORM set_config('lock_timeout', '2s', true);

                UPDATE "users" SET "first_name" = split_part(name, ' ', 1), "last_name" = nullif(substr(name, strpos(name, ' ') + 1), name)
                WHERE "id" >= bf_from1 AND (NOT bf_more OR "id" < bf_next1) AND "first_name" IS NULL AND "last_name" IS NULL;
                UPDATE "users" SET "first_name" = split_part(name, ' ', 1)
                WHERE "id" >= bf_from1 AND (NOT bf_more OR "id" < bf_next1) AND "first_name" IS NULL;
                UPDATE "users" SET "last_name" = nullif(substr(name, strpos(name, ' ') + 1), name)
                WHERE "id" >= bf_from1 AND (NOT bf_more OR "id" < bf_next1) AND "last_name" IS NULL;

                EXIT;
              EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
                bf_tries := bf_tries + 1;
                IF bf_tries >= 50 THEN RAISE; END IF;
              END;
              COMMIT;
              PERFORM pg_sleep(0.5 + random());
            END LOOP;
            COMMIT;
            PERFORM pg_sleep(0.1);
            bf_from1 := bf_next1;
          END LOOP;
        END
        $safestep$
      SQL
    end
  end

  def down
    # Nothing to take back
  end

  private

  # It takes as long as it takes, and nobody waits for it.
  def without_timeouts
    names = %w[lock_timeout statement_timeout]
    saved = names.map { |name| connection.select_value("SHOW #{name}") }
    names.each { |name| connection.execute "SET #{name} = 0" }
    yield
  ensure
    saved&.zip(names) { |value, name| connection.execute "SET #{name} = '#{value}'" }
  end
end
