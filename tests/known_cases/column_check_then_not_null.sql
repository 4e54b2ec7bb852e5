-- prisma
-- SET NOT NULL reads no rows only when a CHECK that says the same is validated and committed.
-- before.sql
CREATE TABLE t (id int primary key, a text, n int);

-- rows
INSERT INTO t SELECT g,'x'||g,g FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE t ADD COLUMN z int DEFAULT 4 CHECK (z IS NOT NULL);
ALTER TABLE t ALTER z SET NOT NULL;
