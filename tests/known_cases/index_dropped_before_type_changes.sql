-- prisma
-- An index goes before the type of the column that its predicate reads becomes one that it does not work with.
-- before.sql
CREATE TABLE logs (id serial, status text, email bigint DEFAULT 42 NOT NULL);
CREATE TABLE users (id text NOT NULL, note varchar(20) NOT NULL, c bigint DEFAULT -1 NOT NULL);
CREATE UNIQUE INDEX ix ON logs (email, status) WHERE status IS NOT NULL;
CREATE UNIQUE INDEX users_c_key ON users (c) WHERE c >= 0;

-- migration.sql
ALTER TABLE ONLY logs DROP COLUMN status;
DROP INDEX users_c_key;
CREATE UNIQUE INDEX ix ON users (c, note);
DROP INDEX ix;
ALTER TABLE users ALTER COLUMN c SET DATA TYPE text;
