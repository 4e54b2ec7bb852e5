-- prisma
-- A foreign key of numeric cannot point at an integer: the migration fails, and no column goes before.
-- before.sql
CREATE TABLE logs (id integer PRIMARY KEY);
CREATE TABLE items (id integer PRIMARY KEY, amount integer, note integer REFERENCES logs);

-- rows
INSERT INTO logs SELECT n FROM generate_series(1, 12) n;
INSERT INTO items SELECT n, n, n FROM generate_series(1, 12) n;

-- migration.sql
ALTER TABLE items ALTER COLUMN note SET DATA TYPE numeric(10,2),
  DROP COLUMN amount CASCADE;
