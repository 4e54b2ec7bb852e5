-- drizzle-journal
-- The column is NOT NULL before: that is no sign that the sequence has done its work.
-- before.sql
CREATE TABLE t (id bigint, a date NOT NULL);

-- rows
INSERT INTO t SELECT n, date '2024-01-01' + n FROM generate_series(1, 12) n;

-- migration.sql
ALTER TABLE t ALTER COLUMN a DROP NOT NULL,
  ALTER COLUMN a SET NOT NULL;
