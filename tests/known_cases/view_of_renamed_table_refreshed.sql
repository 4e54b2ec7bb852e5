-- drizzle-journal
-- A view goes on with a table that has another name: to refresh it reads that one, under the lock of the rename.
-- before.sql
CREATE TABLE items (id text NOT NULL, a text DEFAULT 'a;b' NOT NULL);

-- rows
INSERT INTO items (id, a) SELECT n::text, n::text FROM generate_series(1, 12) n;

-- migration.sql
CREATE MATERIALIZED VIEW report AS SELECT a FROM items;
--> statement-breakpoint
ALTER TABLE items RENAME COLUMN a TO email;
--> statement-breakpoint
ALTER TABLE items RENAME TO posts;
--> statement-breakpoint
REFRESH MATERIALIZED VIEW report;
