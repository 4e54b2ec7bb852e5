-- prisma
-- SET CONSTRAINTS is about the statements behind it, up to the commit: they stay with it.
-- before.sql
CREATE TABLE users (id integer PRIMARY KEY);
CREATE TABLE posts (id integer PRIMARY KEY, author integer CONSTRAINT posts_author REFERENCES users (id), name text);

-- rows
INSERT INTO users SELECT n FROM generate_series(1, 12) n;
INSERT INTO posts SELECT n, n, n FROM generate_series(1, 12) n;

-- migration.sql
CREATE INDEX posts_name_idx ON posts (name);
ALTER TABLE posts ALTER CONSTRAINT posts_author DEFERRABLE INITIALLY IMMEDIATE;
SET CONSTRAINTS posts_author DEFERRED;
UPDATE posts SET author = author + 100;
UPDATE users SET id = id + 100;
