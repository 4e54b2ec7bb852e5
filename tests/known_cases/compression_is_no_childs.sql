-- prisma
-- A parent's compression is its own: those that inherit from it are not locked.
-- since: 14
-- before.sql
CREATE TABLE users (id integer NOT NULL, b text);
CREATE TABLE staff (own integer) INHERITS (users);

-- rows
INSERT INTO staff SELECT n, 'b' || n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE users ALTER COLUMN b SET COMPRESSION pglz;
