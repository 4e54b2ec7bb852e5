-- drizzle-journal
-- An UPDATE of other columns in a table with children waits for a check that may fail.
-- before.sql
CREATE TABLE orders (id integer NOT NULL, parent_id numeric(10,2), user_id bigint);
CREATE TABLE users (own integer) INHERITS (orders);

-- rows
INSERT INTO users (id, parent_id, user_id) SELECT n, n, CASE WHEN n % 3 > 0 THEN n END FROM generate_series(101, 136) n;

-- migration.sql
DO $$ BEGIN
  UPDATE orders AS t SET parent_id = user_id::numeric(10,2) WHERE t.parent_id IS NOT NULL;
EXCEPTION
  WHEN duplicate_object THEN null;
END $$;
--> statement-breakpoint
ALTER TABLE orders ALTER COLUMN user_id SET NOT NULL;
