-- prisma
-- A unique rule of the history goes with a column that its index includes; the one that is added has its name.
-- before.sql
CREATE TABLE posts (id integer NOT NULL, name text, b integer, c integer, CONSTRAINT posts_name_key UNIQUE (name) INCLUDE (b));

-- rows
INSERT INTO posts (id, name, b, c) SELECT n, n::text, n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE posts DROP COLUMN b;

ALTER TABLE posts ADD CONSTRAINT posts_name_key UNIQUE (name);
