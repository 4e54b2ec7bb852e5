-- prisma
-- One ALTER TABLE gives a column one type: with two the whole statement fails, and two statements do not.
-- expect: failing-statement
-- before.sql
CREATE TABLE t (id integer CONSTRAINT t_pkey PRIMARY KEY, kind numeric(10,2));

-- rows
INSERT INTO t SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE t ADD COLUMN more uuid DEFAULT gen_random_uuid() NOT NULL;
ALTER TABLE t ALTER COLUMN kind TYPE numeric(12,2), ALTER COLUMN kind DROP NOT NULL, ALTER COLUMN kind TYPE text;
