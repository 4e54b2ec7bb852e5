-- drizzle-journal
-- A file whose only step is in its author's words stays as it is, also behind its own COMMIT.
-- before.sql
CREATE TABLE items (id integer, amount integer, CONSTRAINT items_amount_check CHECK (amount > 0));
CREATE TABLE lines (id integer, amount integer);

-- rows
INSERT INTO items SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE items RENAME TO users;
--> statement-breakpoint
ALTER TABLE users DROP CONSTRAINT items_amount_check,
  ADD CONSTRAINT items_amount_check CHECK (amount IS NOT NULL OR amount IS NULL);
--> statement-breakpoint
ALTER TABLE lines DROP COLUMN amount;
