-- prisma
-- A serial column is numbered in every partition.
-- before.sql
CREATE TABLE q (id int not null, a text) PARTITION BY RANGE (id);
CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (0) TO (10000);

-- rows
INSERT INTO q SELECT g,'x' FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE q ADD COLUMN u bigserial;
