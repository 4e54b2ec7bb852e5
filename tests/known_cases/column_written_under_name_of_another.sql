-- prisma
-- A column that gets the name of another one and goes takes its own values with it, and none of the other.
-- before.sql
CREATE TABLE t (id text PRIMARY KEY, note varchar(255) NOT NULL, created bigint NOT NULL);

-- rows
INSERT INTO t SELECT n::text, n::text, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE t RENAME COLUMN created TO aside;
ALTER TABLE t RENAME COLUMN note TO created;
CREATE TABLE users (
  id serial,
  t text REFERENCES t (id)
);
REVOKE ALL ON t FROM PUBLIC;

DROP TABLE users CASCADE;
ALTER TABLE t DROP COLUMN created;
