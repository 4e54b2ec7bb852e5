-- prisma
-- A table that points at an unlogged one cannot become permanent: the migration fails, and no column goes before.
-- before.sql
CREATE UNLOGGED TABLE parents (id serial PRIMARY KEY);
CREATE UNLOGGED TABLE lines (id serial PRIMARY KEY, note text, parent integer REFERENCES parents (id));

-- rows
INSERT INTO lines (note) SELECT n::text FROM generate_series(1, 12) n;

-- migration.sql
ALTER TABLE lines DROP COLUMN note;
ALTER TABLE lines SET LOGGED;
