-- prisma
-- A copied default counts with the sequence of the table that it came from, and falls with it.
-- before.sql
CREATE TABLE lines (id integer NOT NULL, x bigserial);
CREATE TABLE logs (LIKE lines INCLUDING ALL);

-- rows
INSERT INTO lines (id) SELECT n FROM generate_series(1, 30) n;

-- migration.sql
DROP TABLE lines CASCADE;
