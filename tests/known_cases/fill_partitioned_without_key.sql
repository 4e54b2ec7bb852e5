-- prisma
-- A partitioned table has no rows of its own and no pages: its rows are in the partitions.
-- before.sql
CREATE TABLE q (id int not null, a text) PARTITION BY RANGE (id);
CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (0) TO (10000);

-- rows
INSERT INTO q SELECT g,'x' FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE q ADD COLUMN u uuid DEFAULT gen_random_uuid();
