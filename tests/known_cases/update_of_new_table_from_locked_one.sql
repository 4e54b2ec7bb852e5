-- drizzle-folders
-- A new table has no rows, but the one that it is joined with has, and is locked.
-- before.sql
CREATE TABLE posts (id text NOT NULL, kind integer, status text NOT NULL, PRIMARY KEY (id));

-- rows
INSERT INTO posts (id, kind, status) SELECT n::text, n, n::text FROM generate_series(1, 12) n;

-- migration.sql
CREATE TABLE users (LIKE posts INCLUDING ALL);
--> statement-breakpoint
ALTER TABLE posts DROP COLUMN kind;
--> statement-breakpoint
CREATE INDEX posts_status_idx ON posts (status);
--> statement-breakpoint
UPDATE users AS t SET status = 'x' FROM posts AS o WHERE o.id = t.id;
