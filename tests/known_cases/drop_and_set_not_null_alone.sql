-- prisma
-- DROP NOT NULL runs first, so SET NOT NULL beside it reads all rows.
-- expect: set-not-null
-- before.sql
CREATE TABLE t (id int primary key, a text, n int);

-- rows
INSERT INTO t SELECT g,'x'||g,g FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE t ALTER a SET NOT NULL, ALTER a DROP NOT NULL;
