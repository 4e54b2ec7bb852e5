-- prisma
-- Who runs a statement owns what it makes.
-- before.sql
GRANT CREATE ON SCHEMA public TO pg_monitor;
CREATE TABLE t (id int PRIMARY KEY, a text);
ALTER TABLE t OWNER TO pg_monitor;

-- rows
INSERT INTO t SELECT g, 'x' FROM generate_series(1, 30) g;

-- migration.sql
SET ROLE pg_monitor;
ALTER TABLE t ALTER COLUMN a SET NOT NULL;
CREATE TYPE mood AS ENUM ('calm');
CREATE TABLE u (id serial PRIMARY KEY, mood mood);
ALTER TABLE t ADD COLUMN b serial;
RESET ROLE;
CREATE TABLE v (id int PRIMARY KEY);
