-- drizzle-journal
-- An UPDATE cannot make a check of another column pass: it comes behind it, or a failure would find it committed.
-- before.sql
CREATE TABLE items (id integer PRIMARY KEY, name text, qty integer, note text);

-- rows
INSERT INTO items (id, name, qty, note) SELECT n, n::text, CASE WHEN n % 3 > 0 THEN n END, n::text FROM generate_series(1, 30) n;

-- migration.sql
UPDATE items SET note = name || '!';
--> statement-breakpoint
ALTER TABLE items ALTER COLUMN qty SET NOT NULL;
