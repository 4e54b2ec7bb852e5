-- prisma
-- Of one ALTER TABLE, DROP NOT NULL runs before SET NOT NULL, whatever is written first.
-- before.sql
CREATE TABLE t (id int primary key, a text, n int);

-- rows
INSERT INTO t(id,a,n) SELECT g,'x'||g,g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE t ALTER a SET NOT NULL, ALTER a DROP NOT NULL;
CREATE INDEX t_n_idx ON t(n);
