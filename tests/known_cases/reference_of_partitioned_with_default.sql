-- prisma
-- A foreign key of a partitioned table cannot be NOT VALID before PostgreSQL 18.
-- expect: add-column-constraint
-- before.sql
CREATE TABLE p (id int primary key);
CREATE TABLE q (id int primary key, a int) PARTITION BY RANGE (id);
CREATE TABLE q1 PARTITION OF q DEFAULT;

-- rows
INSERT INTO p SELECT g FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE q ADD COLUMN pid int DEFAULT 3 REFERENCES p(id);
