-- prisma
-- A table that is renamed and loses its key is locked with the index that was there under its old name.
-- before.sql
CREATE TABLE lines (id integer NOT NULL, x timestamp(3), PRIMARY KEY (id));
CREATE INDEX lines_x_idx ON lines (x);

-- rows
INSERT INTO lines (id) SELECT n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE lines RENAME TO users;
ALTER TABLE users DROP CONSTRAINT lines_pkey;
ALTER TABLE users DROP COLUMN x;
