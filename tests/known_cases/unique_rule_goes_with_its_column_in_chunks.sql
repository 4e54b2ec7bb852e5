-- drizzle-journal
-- A unique rule goes with a column that is dropped behind it, and cannot be added again.
-- before.sql
CREATE SCHEMA app;
CREATE TABLE posts (id integer NOT NULL, name text, b uuid);
CREATE TABLE app.items (id integer NOT NULL);

-- rows
INSERT INTO posts (id, name) SELECT n, n::text FROM generate_series(1, 30) n;
INSERT INTO app.items (id) SELECT n FROM generate_series(1, 30) n;

-- migration.sql
DROP TABLE app.items CASCADE;
--> statement-breakpoint
ALTER TABLE posts ADD UNIQUE (name, b);
--> statement-breakpoint
ALTER TABLE posts DROP COLUMN b;
