-- prisma
-- A block in a block runs under what the outer one has set.
-- before.sql
CREATE SCHEMA app;
CREATE TABLE app.t (id int PRIMARY KEY, a text);
CREATE TABLE t (id int PRIMARY KEY, a text);

-- rows
INSERT INTO app.t SELECT g, 'x' FROM generate_series(1, 30) g;

-- migration.sql
SET search_path TO app;
DO $$ BEGIN
  CREATE TYPE mood AS ENUM ('calm');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
DO $$
DECLARE n int;
BEGIN
  SELECT count(*) INTO n FROM t;
  IF n > 0 THEN
    INSERT INTO t VALUES (n + 1, 'n');
  END IF;
END $$;
ALTER TABLE t ALTER COLUMN a SET NOT NULL;
RESET search_path;
