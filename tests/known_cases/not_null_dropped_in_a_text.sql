-- drizzle-journal
-- What EXECUTE runs nobody has read: a column behind it may hold NULLs again, so a key proves that it does not.
-- before.sql
CREATE SCHEMA app;
CREATE TABLE items (
  id serial,
  parent_id bigint NOT NULL,
  kind jsonb DEFAULT '{}',
  CONSTRAINT items_pkey PRIMARY KEY (id)
);

-- rows
INSERT INTO items (parent_id) SELECT n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE items SET SCHEMA app;
--> statement-breakpoint
DO $$
BEGIN
  EXECUTE format('ALTER TABLE %s ALTER COLUMN parent_id DROP NOT NULL', 'app.items'::regclass);
END
$$;
--> statement-breakpoint
ALTER TABLE app.items DROP CONSTRAINT items_pkey;
--> statement-breakpoint
ALTER TABLE app.items ADD CONSTRAINT items_pkey_new PRIMARY KEY (id, parent_id);
