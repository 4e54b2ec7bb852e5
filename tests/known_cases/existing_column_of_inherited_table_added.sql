-- drizzle-folders
-- A column that is there is not added to the tables that inherit it either: they are not locked.
-- before.sql
CREATE TABLE users (id integer NOT NULL, name bigint DEFAULT 1 NOT NULL);
CREATE TABLE staff (own integer) INHERITS (users);

-- migration.sql
ALTER TABLE users ADD COLUMN IF NOT EXISTS name text NOT NULL DEFAULT 'x';
