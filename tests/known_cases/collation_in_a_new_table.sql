-- prisma
-- No table goes before a statement that fails: jsonb has no collation, in a new table either.
-- expect: failing-statement
-- before.sql
CREATE TABLE users (id integer NOT NULL);

-- rows
INSERT INTO users SELECT n FROM generate_series(1, 12) n;

-- migration.sql
DROP TABLE users;
CREATE TABLE users (id serial, qty jsonb COLLATE "C");
