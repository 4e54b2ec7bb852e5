-- prisma
-- A table that is made like another one with all that it has takes its place: keys, indexes and defaults are there.
-- before.sql
CREATE TABLE users (id serial PRIMARY KEY, age integer DEFAULT 7 CONSTRAINT users_age CHECK (age > 0));
CREATE UNIQUE INDEX users_age_key ON users (age);
CREATE TABLE posts (id integer PRIMARY KEY, author integer CONSTRAINT posts_author REFERENCES users (id));

-- rows
INSERT INTO users (age) SELECT n FROM generate_series(1, 12) n;
INSERT INTO posts SELECT n, n FROM generate_series(1, 12) n;

-- migration.sql
CREATE TABLE users_new (LIKE users INCLUDING ALL);
ALTER TABLE users_new ADD COLUMN name text DEFAULT 'x' NOT NULL;
INSERT INTO users_new (id, age) SELECT id, age FROM users;
ALTER TABLE posts DROP CONSTRAINT posts_author;
ALTER SEQUENCE users_id_seq OWNED BY users_new.id;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
ALTER TABLE posts ADD CONSTRAINT posts_author FOREIGN KEY (author) REFERENCES users (id);
