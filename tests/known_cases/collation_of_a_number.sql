-- prisma
-- No column goes before a statement that fails: a uuid has no collation.
-- before.sql
CREATE TABLE posts (id integer, name text);
CREATE TABLE users (id integer);

-- rows
INSERT INTO posts SELECT n, n FROM generate_series(1, 12) n;

-- migration.sql
ALTER TABLE posts DROP COLUMN name, ADD COLUMN qty integer;
CREATE INDEX posts_qty_idx ON posts (qty);
ALTER TABLE users ADD COLUMN name uuid COLLATE "C";
