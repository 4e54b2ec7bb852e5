-- drizzle-journal
-- What fills a new column may fail: the column that it does not name goes after it, not before.
-- before.sql
CREATE TABLE t (id serial, tags text[], email text NOT NULL);

-- rows
INSERT INTO t (tags, email) SELECT ARRAY[n::text], n::text FROM generate_series(1, 12) n;

-- migration.sql
ALTER TABLE t DROP COLUMN tags,
  ADD COLUMN size integer;
--> statement-breakpoint
ALTER TABLE t ADD CONSTRAINT t_size_check CHECK (size >= 0) NOT VALID;
--> statement-breakpoint
UPDATE t SET size = -1;
