-- prisma
-- The name that PostgreSQL chooses for an index is made of the columns under INCLUDE as well.
-- before.sql
CREATE TABLE t (id int primary key, a text, n int);

-- rows
INSERT INTO t(id,a,n) SELECT g,'x'||g,g FROM generate_series(1, 30) g;

-- migration.sql
CREATE INDEX ON t (a) INCLUDE (n);
