-- prisma
-- SET search_path decides which table a bare name means, until the session ends.
-- before.sql
CREATE SCHEMA app;
CREATE TABLE app.t (id int primary key, a text);
CREATE TABLE t (id int primary key, a text, n int);

-- rows
INSERT INTO t(id,a,n) SELECT g,'x'||g,g FROM generate_series(1, 30) g;

-- migration.sql
SET search_path TO app;
ALTER TABLE t ALTER a SET NOT NULL;
