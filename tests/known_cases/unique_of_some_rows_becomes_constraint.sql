-- prisma
-- What is unique at the end is unique for some rows as well: between the two nothing is.
-- before.sql
CREATE TABLE users (id integer PRIMARY KEY, name text NOT NULL);
CREATE UNIQUE INDEX users_name_key ON users (name) WHERE length(name) < 100;

-- rows
INSERT INTO users SELECT n, n FROM generate_series(1, 12) n;

-- migration.sql
DROP INDEX users_name_key;
ALTER TABLE users ADD CONSTRAINT users_name_key UNIQUE (name);
