-- drizzle-journal
-- A unique rule stays when another column of its table goes, so the file may begin again behind both.
-- before.sql
CREATE TABLE users (id serial PRIMARY KEY);
CREATE TABLE posts (id serial PRIMARY KEY, user_id integer, slug text, old text);

-- rows
INSERT INTO users SELECT n FROM generate_series(1, 30) n;
INSERT INTO posts (user_id, slug, old) SELECT n, n::text, n::text FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE posts ADD CONSTRAINT posts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
--> statement-breakpoint
ALTER TABLE posts ADD CONSTRAINT posts_slug_unique UNIQUE (slug);
--> statement-breakpoint
ALTER TABLE posts DROP COLUMN old;
