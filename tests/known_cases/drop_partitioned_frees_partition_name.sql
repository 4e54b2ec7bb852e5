-- prisma
-- Dropping a partitioned table drops its partitions: their names are free.
-- before.sql
CREATE TABLE p (id int, a int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);

-- rows
INSERT INTO p SELECT g, g FROM generate_series(1, 9) g;

-- migration.sql
DROP TABLE p;
CREATE TABLE p1 (id int PRIMARY KEY, a int);
CREATE INDEX p1_a ON p1 (a);
