-- prisma
-- A unique constraint has no part in inheriting tables, and locks none.
-- before.sql
CREATE TABLE lines (id text NOT NULL, c uuid CHECK (c IS NOT NULL));
CREATE TABLE users (own integer) INHERITS (lines);

-- migration.sql
ALTER TABLE IF EXISTS lines ADD CONSTRAINT lines_c_key UNIQUE (c);
