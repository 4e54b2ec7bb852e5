-- drizzle-journal
-- A change of type writes the values anew: what fails behind it in the same transaction would have taken that back.
-- before.sql
CREATE TABLE users (id bigint PRIMARY KEY);
CREATE TABLE t (id serial, tags text[], email text NOT NULL);

-- rows
INSERT INTO t (tags, email) SELECT ARRAY[n::text], n::text FROM generate_series(1, 12) n;

-- migration.sql
ALTER TABLE t ADD COLUMN user_id bigint REFERENCES users (id),
  ALTER COLUMN tags SET DATA TYPE text;
--> statement-breakpoint
ALTER TABLE t ADD COLUMN size integer;
--> statement-breakpoint
ALTER TABLE t ADD CONSTRAINT t_size_check CHECK (size >= 0) NOT VALID;
--> statement-breakpoint
UPDATE t SET size = -1;
