-- prisma
-- Up to 17 DROP NOT NULL locks the partitions also where the column takes NULL already.
-- before.sql
CREATE TABLE lines (id serial, x boolean) PARTITION BY RANGE (id);
CREATE TABLE lines_p0 PARTITION OF lines FOR VALUES FROM (MINVALUE) TO (1000);

-- migration.sql
ALTER TABLE lines ALTER COLUMN x DROP NOT NULL;
