-- prisma
-- Dropping a table drops its indexes: their names are free for indexes of other tables.
-- before.sql
CREATE TABLE p (id int primary key);
CREATE TABLE t (id int primary key, a text, n int);
CREATE INDEX same ON p(id);

-- rows
INSERT INTO p SELECT g FROM generate_series(1, 40) g;
INSERT INTO t(id,a,n) SELECT g,'x'||g,g FROM generate_series(1, 30) g;

-- migration.sql
DROP TABLE p;
CREATE INDEX same ON t(n);
