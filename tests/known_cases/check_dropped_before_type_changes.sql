-- prisma
-- A check goes before the type of its column becomes one that it does not work with.
-- before.sql
CREATE TABLE logs (id serial, status text);
CREATE TABLE users (id text NOT NULL, c bigint DEFAULT -1 NOT NULL, CONSTRAINT positive CHECK (c >= -1));

-- migration.sql
ALTER TABLE logs DROP COLUMN status;
ALTER TABLE users DROP CONSTRAINT positive;
ALTER TABLE users ALTER COLUMN c SET DATA TYPE text;
CREATE UNIQUE INDEX users_c_key ON users (c, id);
