-- prisma
-- Where no constraint of that name is there, nothing goes with it: nobody else is locked.
-- before.sql
CREATE TABLE users (id integer CONSTRAINT users_key PRIMARY KEY);
CREATE TABLE staff (own integer) INHERITS (users);
CREATE TABLE posts (id integer, author integer REFERENCES users (id));

-- rows
INSERT INTO users SELECT n FROM generate_series(1, 30) n;
INSERT INTO posts SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE users DROP CONSTRAINT IF EXISTS users_pkey CASCADE;
