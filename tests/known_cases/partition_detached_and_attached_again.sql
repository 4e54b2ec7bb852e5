-- prisma
-- A partition that comes back is never missing.
-- before.sql
CREATE TABLE logs (id integer NOT NULL, name text) PARTITION BY RANGE (id);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (100);
CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM (100) TO (200);

-- rows
INSERT INTO logs SELECT n, n FROM generate_series(1, 12) n;

-- migration.sql
ALTER TABLE logs DETACH PARTITION logs_1;
ALTER TABLE logs_2 ALTER COLUMN name SET NOT NULL;
ALTER TABLE logs ATTACH PARTITION logs_1 FOR VALUES FROM (0) TO (100);
