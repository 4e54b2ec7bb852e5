-- drizzle-journal
-- What is added and then goes with its column cannot be added again, also where the column had another name.
-- before.sql
CREATE TABLE posts (id integer NOT NULL, name text, b integer, c integer);

-- rows
INSERT INTO posts (id, name, b, c) SELECT n, n::text, n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE posts ADD CONSTRAINT posts_b_key UNIQUE (b);
--> statement-breakpoint
ALTER TABLE posts ADD CONSTRAINT posts_c_check CHECK (c > 0);
--> statement-breakpoint
ALTER TABLE posts RENAME COLUMN b TO d;
--> statement-breakpoint
ALTER TABLE posts RENAME COLUMN c TO e;
--> statement-breakpoint
ALTER TABLE posts DROP COLUMN d;
--> statement-breakpoint
ALTER TABLE posts DROP COLUMN e;
