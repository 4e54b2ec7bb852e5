-- drizzle-journal
-- An exclusion of equal values stands on an index as well: it takes the place of one that goes.
-- before.sql
CREATE TABLE items (id integer PRIMARY KEY, name text, qty integer, note text);
CREATE UNIQUE INDEX items_name_key ON items (name) INCLUDE (id);

-- rows
INSERT INTO items (id, name, qty, note) SELECT n, n::text, n, n::text FROM generate_series(1, 30) n;

-- migration.sql
DROP INDEX items_name_key;
--> statement-breakpoint
ALTER TABLE items ADD EXCLUDE (name WITH =);
