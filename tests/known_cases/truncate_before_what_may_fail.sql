-- prisma
-- TRUNCATE is taken back with its transaction: what may fail on rows must not come behind its commit.
-- expect: data-change
-- before.sql
CREATE TABLE p (id int primary key);
CREATE TABLE t (id int primary key, a text, n int);

-- rows
INSERT INTO p SELECT 1;
INSERT INTO t SELECT g, null, g FROM generate_series(1, 30) g;

-- migration.sql
TRUNCATE p CASCADE;
ALTER TABLE t ALTER a SET NOT NULL;
