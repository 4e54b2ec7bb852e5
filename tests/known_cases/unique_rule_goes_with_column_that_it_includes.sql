-- drizzle-journal
-- A unique rule goes with a column that its index includes, as it does with one that it is of.
-- before.sql
CREATE TABLE posts (id integer NOT NULL, name text, b integer, c integer);

-- rows
INSERT INTO posts (id, name, b, c) SELECT n, n::text, n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE posts ADD CONSTRAINT posts_name_key UNIQUE (name) INCLUDE (b);
--> statement-breakpoint
ALTER TABLE posts ADD CONSTRAINT posts_c_check CHECK (c > 0);
--> statement-breakpoint
ALTER TABLE posts DROP COLUMN b;
