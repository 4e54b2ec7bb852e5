-- drizzle-journal
-- The sequence of a serial column is altered, and the column is dropped: run again, there is none to alter.
-- before.sql
CREATE TABLE t (
  id serial,
  n integer
);

-- rows
INSERT INTO t (n) SELECT n FROM generate_series(1, 12) n;

-- migration.sql
ALTER SEQUENCE t_id_seq INCREMENT BY 2;
--> statement-breakpoint
ALTER TABLE t DROP COLUMN id;
