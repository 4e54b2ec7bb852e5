-- prisma
-- How an index sorts says nothing of duplicates: a narrower rule stands in for it.
-- before.sql
CREATE TABLE logs (id serial, x numeric(10,2), c integer);
CREATE TABLE posts (id integer NOT NULL, b varchar(255), c integer);
CREATE UNIQUE INDEX posts_b_c_key ON posts (b NULLS FIRST, c DESC);

-- rows
INSERT INTO posts SELECT n, n::text, n FROM generate_series(1, 30) n;

-- migration.sql
CREATE TABLE fresh (LIKE posts INCLUDING DEFAULTS);

ALTER TABLE posts RENAME TO posts_old;

ALTER TABLE fresh RENAME TO posts;

CREATE UNIQUE INDEX logs_c_x_key ON logs (c, x) WHERE c >= 0;

ALTER TABLE posts ADD CONSTRAINT k2 UNIQUE (b);
