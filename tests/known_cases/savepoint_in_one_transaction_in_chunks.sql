-- drizzle-journal
-- A savepoint is of the migrator's transaction: what stands around it stays there.
-- before.sql
CREATE TABLE items (id integer PRIMARY KEY, name text);

-- rows
INSERT INTO items (id, name) SELECT n, n::text FROM generate_series(1, 30) n;

-- migration.sql
SAVEPOINT here;
--> statement-breakpoint
ALTER TABLE items ALTER COLUMN name SET NOT NULL;
--> statement-breakpoint
RELEASE SAVEPOINT here;
