-- prisma
-- an index that is dropped for one that takes its name: in a block that runs again the new one must not be dropped
-- before.sql
CREATE TABLE items (id integer PRIMARY KEY, a integer, b integer);
CREATE TABLE t (id integer PRIMARY KEY);
CREATE UNIQUE INDEX items_a_key ON items (a);

-- rows
INSERT INTO items SELECT n, n, n FROM generate_series(1, 30) n;

INSERT INTO t SELECT n FROM generate_series(1, 30) n;

-- migration.sql
DROP INDEX items_a_key;
CREATE UNIQUE INDEX items_a_key ON items (a, b);
ALTER TABLE t ADD COLUMN c integer;
ALTER TABLE items ADD COLUMN c integer;
