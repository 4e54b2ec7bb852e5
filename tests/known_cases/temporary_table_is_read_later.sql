-- prisma
-- A temporary table lives as long as its session.
-- before.sql
CREATE TABLE p (id int primary key);
CREATE TABLE t (id int primary key, a text, n int);

-- rows
INSERT INTO p SELECT g FROM generate_series(1, 40) g;
INSERT INTO t(id,a,n) SELECT g,'x'||g,g FROM generate_series(1, 30) g;

-- migration.sql
CREATE TEMPORARY TABLE x (id int);
INSERT INTO x SELECT id FROM t;
CREATE INDEX t_n_idx ON t(n);
INSERT INTO p SELECT id+1000 FROM x;
