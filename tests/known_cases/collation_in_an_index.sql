-- prisma
-- A uuid has no collation, in an index either.
-- expect: failing-statement
-- before.sql
CREATE TABLE users (id integer NOT NULL, key uuid);

-- rows
INSERT INTO users (id) SELECT n FROM generate_series(1, 12) n;

-- migration.sql
ALTER TABLE users DROP COLUMN id;
CREATE INDEX users_key ON users (key COLLATE "C");
