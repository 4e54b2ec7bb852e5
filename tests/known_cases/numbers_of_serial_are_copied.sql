-- drizzle-journal
-- Rows get the numbers of a new serial column in their own order, and a generated column has them at once.
-- before.sql
CREATE TABLE t (id text NOT NULL, email integer);

-- rows
INSERT INTO t SELECT n::text, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE t ADD COLUMN amount bigserial,
  ADD COLUMN twice bigint GENERATED ALWAYS AS (amount * 2) STORED;
