-- prisma
-- LIKE copies the columns that the table has at that moment.
-- before.sql
CREATE TABLE t (id int primary key, a text, n int);

-- rows
INSERT INTO t(id,a,n) SELECT g,'x'||g,g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE t ADD COLUMN b int;
CREATE TABLE u (LIKE t);
