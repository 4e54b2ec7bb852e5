-- prisma
-- Of one ALTER TABLE, TYPE runs before SET STORAGE, whatever is written first.
-- before.sql
CREATE TABLE t (id int primary key, a text, n int);

-- rows
INSERT INTO t(id,a,n) SELECT g,'x'||g,g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE t ALTER n SET STORAGE EXTERNAL, ALTER n TYPE text;
CREATE INDEX t_a_idx ON t(a);
