-- prisma
-- A table under the name of another one has its check from the beginning, as that one had.
-- before.sql
CREATE TABLE users (name varchar(255) CHECK (length(name) < 100));

-- migration.sql
ALTER TABLE users RENAME TO people;
CREATE TABLE users AS SELECT name FROM people;
ALTER TABLE users ADD CONSTRAINT short CHECK (length(name) < 100);
