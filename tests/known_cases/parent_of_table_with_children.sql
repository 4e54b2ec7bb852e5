-- prisma
-- INHERIT locks the table that gets a parent, and not those that inherit from it.
-- before.sql
CREATE TABLE posts (id bigint NOT NULL);
CREATE TABLE logs (id bigint NOT NULL);
CREATE TABLE orders (own integer) INHERITS (posts);

-- rows
INSERT INTO orders SELECT n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE posts INHERIT logs;
