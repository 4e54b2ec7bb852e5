-- drizzle-journal
-- Of an index on one column one that begins with it is as good: it is there before the first one goes.
-- before.sql
CREATE TABLE items (id integer PRIMARY KEY, status bigint, x jsonb CONSTRAINT items_x_key UNIQUE);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RETURN NEW;
END
$$;

-- rows
INSERT INTO items (id, status, x) SELECT n, n, to_jsonb(n) FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE items DROP CONSTRAINT items_x_key, ADD CONSTRAINT items_x_key_new UNIQUE (x, status);
--> statement-breakpoint
DROP FUNCTION stamp() CASCADE;
--> statement-breakpoint
ALTER TABLE items DROP CONSTRAINT items_x_key_new;
--> statement-breakpoint
CREATE UNIQUE INDEX items_x_key_new ON items (x, status);
