-- prisma
-- A primary key makes an index of its name: ALTER INDEX needs the table.
-- before.sql
CREATE TABLE p (id int primary key);
CREATE TABLE t (id int primary key, a text, n int);
CREATE SCHEMA app;

-- rows
INSERT INTO p SELECT g FROM generate_series(1, 40) g;
INSERT INTO t(id,a,n) SELECT g,'x'||g,g FROM generate_series(1, 30) g;

-- migration.sql
CREATE TABLE app.z (id int, r int REFERENCES p(id), CONSTRAINT z_pkey PRIMARY KEY (id));
ALTER INDEX app.z_pkey RENAME TO z_pk;
CREATE INDEX t_n_idx ON t (n);
