-- prisma
-- An index that is partitioned is stored nowhere, and cannot be told to be in the database's own tablespace.
-- expect: failing-statement
-- before.sql
CREATE TABLE logs (
  id serial,
  parent_id int
) PARTITION BY RANGE (id);
CREATE TABLE users (
  id serial,
  kind text
);

-- rows
INSERT INTO users (kind) SELECT n::text FROM generate_series(1, 30) n;

-- migration.sql
SET default_tablespace = pg_default;

UPDATE users AS t SET kind = '{}' WHERE t.kind IS NOT NULL;

CREATE INDEX k1 ON users (kind);

CREATE INDEX logs_parent_id_idx ON logs (parent_id);
