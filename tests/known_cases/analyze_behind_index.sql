-- prisma
-- ANALYZE is a statement of its own and no ALTER TABLE.
-- before.sql
CREATE TABLE t (id int primary key, a text, n int);

-- rows
INSERT INTO t(id,a,n) SELECT g,'x'||g,g FROM generate_series(1, 30) g;

-- migration.sql
CREATE INDEX t_n_idx ON t (n);
ANALYZE t;
