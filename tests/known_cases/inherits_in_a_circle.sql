-- prisma
-- No table is its own parent: the naive migration fails, and reading it ends.
-- expect: failing-statement
-- expect: create-index
-- before.sql
CREATE TABLE items (id integer NOT NULL, other integer);
CREATE TABLE older () INHERITS (items);

-- rows
INSERT INTO older (id) SELECT g FROM generate_series(1, 30) g;

-- migration.sql
CREATE INDEX items_other ON items (other);
ALTER TABLE items RENAME TO users;
ALTER TABLE users INHERIT older;
ALTER TABLE older DROP CONSTRAINT IF EXISTS older_check;
ALTER TABLE users DROP COLUMN other;
