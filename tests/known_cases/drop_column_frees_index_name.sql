-- prisma
-- Dropping a column drops every index that it is part of: the name is free for another one.
-- before.sql
CREATE TABLE t (id int primary key, a text, n int);
CREATE INDEX ta ON t(a, n);

-- rows
INSERT INTO t(id,a,n) SELECT g,'x'||g,g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE t DROP COLUMN a;
CREATE INDEX ta ON t(n);
