# Step 3 of 7 · split_name · reads all rows; refuses to go on where one breaks the rule
# If it fails: some row breaks the rule; nothing has changed. Mend the row, run bin/rails db:migrate again
class SplitNameStep3 < ActiveRecord::Migration[7.2]
  def up
    connection.execute <<~SQL
      DO $safestep$
      BEGIN
        IF EXISTS (SELECT 1 FROM "users" WHERE "first_name" IS NULL AND (split_part(name, ' ', 1)) IS NOT NULL OR "last_name" IS NULL AND (nullif(substr(name, strpos(name, ' ') + 1), name)) IS NOT NULL) THEN
          RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'every row must have its "users"."first_name" and "users"."last_name" before code reads them';
        END IF;
      END
      $safestep$
    SQL
  end

  def down
    # Nothing to take back
  end
end
