-- prisma
-- A partitioned table whose column is NOT NULL has that of its partitions as well: nobody waits for these.
-- before.sql
CREATE TABLE users (id serial, parent_id uuid NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE users_p0 PARTITION OF users FOR VALUES FROM (MINVALUE) TO (1000);

-- rows
INSERT INTO users (parent_id) SELECT lpad(n::text, 32, '0')::uuid FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE users ALTER COLUMN parent_id SET NOT NULL;
