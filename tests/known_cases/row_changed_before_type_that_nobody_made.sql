-- prisma
-- A type that the history does not make may not be there: what changes rows before it goes with it.
-- before.sql
CREATE TABLE logs (id integer NOT NULL, status integer, c text);

-- rows
INSERT INTO logs SELECT n, n, n::text FROM generate_series(1, 30) n;

-- migration.sql
UPDATE logs SET status = 42;

CREATE INDEX logs_c_idx ON logs (c);

ALTER TYPE kind ADD VALUE 'more';
