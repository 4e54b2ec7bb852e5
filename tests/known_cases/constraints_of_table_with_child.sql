-- prisma
-- From 18 on a new foreign key or key of a table locks its children, though it is not theirs.
-- before.sql
CREATE TABLE users (id integer PRIMARY KEY);
CREATE TABLE posts (id integer NOT NULL, user_id integer, code integer, at integer);
CREATE TABLE old_posts (own integer) INHERITS (posts);

-- rows
INSERT INTO users SELECT generate_series(1, 30);
INSERT INTO posts SELECT n, n, n, n FROM generate_series(1, 30) n;
INSERT INTO old_posts SELECT n, n, n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE posts ADD CONSTRAINT posts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;

CREATE UNIQUE INDEX posts_code_key ON posts (code);

ALTER TABLE posts ADD CONSTRAINT posts_code_key UNIQUE USING INDEX posts_code_key;

ALTER TABLE posts ADD CONSTRAINT posts_at CHECK (at > 0) NO INHERIT NOT VALID;
