-- prisma
-- Dropping a column drops the CHECK constraints that read it: the name is free for another one.
-- expect: drop-column
-- expect: add-check
-- before.sql
CREATE TABLE t (id int primary key, a text, n int);
ALTER TABLE t ADD CONSTRAINT cc CHECK (a <> '');

-- rows
INSERT INTO t(id,a,n) SELECT g,'x'||g,g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE t DROP COLUMN a;
ALTER TABLE t ADD CONSTRAINT cc CHECK (n > 0);
