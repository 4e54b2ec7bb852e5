-- prisma
-- SET NOT NULL beside ADD CHECK reads all rows when the CHECK was added NOT VALID and is not validated yet.
-- before.sql
CREATE TABLE t (id int primary key, a text, n int);

-- rows
INSERT INTO t SELECT g,'x'||g,g FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL);
ALTER TABLE t ALTER a SET NOT NULL;
