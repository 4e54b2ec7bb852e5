-- prisma
-- An exclusion constraint is kept by an index that can stand in for another one.
-- before.sql
CREATE TABLE t (id serial PRIMARY KEY, a timestamp(3));
CREATE INDEX t_a_idx ON t (a);

-- rows
INSERT INTO t (a) SELECT timestamp '2024-01-01' + n * interval '1 hour' FROM generate_series(1, 30) n;

-- migration.sql
DROP INDEX t_a_idx;

ALTER TABLE t ADD EXCLUDE (a WITH =);
