-- prisma
-- A serial column's sequence gets the next free name when the usual one is taken.
-- before.sql
CREATE TABLE t (id int primary key, a text, n int);
CREATE SEQUENCE t_s_seq;

-- rows
INSERT INTO t(id,a,n) SELECT g,'x'||g,g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE t ADD COLUMN s SERIAL;
