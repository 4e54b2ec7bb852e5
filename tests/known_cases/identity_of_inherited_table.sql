-- prisma
-- An identity is not inherited: who inherits from its table does not wait when it goes.
-- before.sql
CREATE TABLE lines (id integer NOT NULL, email integer DEFAULT 0 NOT NULL);
CREATE TABLE items (own integer) INHERITS (lines);

-- migration.sql
ALTER TABLE lines ALTER COLUMN email DROP IDENTITY IF EXISTS;
