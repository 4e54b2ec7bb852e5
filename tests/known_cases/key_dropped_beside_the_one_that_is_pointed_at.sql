-- prisma
-- A foreign key stands on one key of its parent: with another one nobody else is locked.
-- before.sql
CREATE TABLE t (id integer PRIMARY KEY, a date UNIQUE);
CREATE TABLE items (id text, b date REFERENCES t (a));

-- rows
INSERT INTO t SELECT n, date '2024-01-01' + n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE t DROP CONSTRAINT t_pkey CASCADE;
