-- prisma
-- The name of a type may hold letters that are longer in lower case; here no type has it.
-- before.sql
CREATE TABLE t (id int primary key);

-- rows
INSERT INTO t SELECT g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE t ADD COLUMN a İİİİİİİİİİ ARRAY;
