-- drizzle-folders
-- A new table is not empty once an older one is below it.
-- before.sql
CREATE TABLE posts (id integer NOT NULL, name integer CHECK (name >= 0), qty text[]);

-- rows
INSERT INTO posts (id, name, qty) SELECT n, n, ARRAY[n::text] FROM generate_series(1, 12) n;

-- migration.sql
CREATE TABLE users (LIKE posts INCLUDING INDEXES);
--> statement-breakpoint
ALTER TABLE posts INHERIT users;
--> statement-breakpoint
DELETE FROM users WHERE id > 5;
--> statement-breakpoint
ALTER TABLE users ADD CONSTRAINT users_id_check CHECK (id > 0);
