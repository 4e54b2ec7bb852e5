-- prisma
-- Before 13 equal keys of one ALTER TABLE are one; from then on the second meets the name that the first one got.
-- expect: failing-statement
-- before.sql
CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a integer);

-- rows
INSERT INTO t SELECT g, g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE t ADD UNIQUE (a), ADD CONSTRAINT t_a_key UNIQUE (a);
