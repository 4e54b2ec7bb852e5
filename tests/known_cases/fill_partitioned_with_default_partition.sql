-- prisma
-- The rows of a partitioned table are in its partitions, the default one among them.
-- before.sql
CREATE TABLE pt (id int) PARTITION BY RANGE (id);
CREATE TABLE pt1 PARTITION OF pt FOR VALUES FROM (0) TO (1000000);
CREATE TABLE ptd PARTITION OF pt DEFAULT;

-- rows
INSERT INTO pt SELECT g * 50000 FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE pt ADD COLUMN u uuid DEFAULT gen_random_uuid();
