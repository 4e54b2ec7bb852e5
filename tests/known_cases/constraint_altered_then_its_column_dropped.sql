-- drizzle-journal
-- A constraint that is altered may be gone with its column when the statement runs again.
-- before.sql
CREATE TABLE users (id integer PRIMARY KEY);
CREATE TABLE items (id integer PRIMARY KEY, name integer CONSTRAINT items_name_fkey REFERENCES users (id), m integer);

-- rows
INSERT INTO users SELECT n FROM generate_series(1, 30) n;
INSERT INTO items SELECT n, n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE items ALTER CONSTRAINT items_name_fkey DEFERRABLE;
--> statement-breakpoint
ALTER TABLE items ALTER COLUMN m SET STORAGE PLAIN;
--> statement-breakpoint
ALTER TABLE items DROP COLUMN name;
--> statement-breakpoint
ALTER TABLE items DROP COLUMN m;
