-- prisma
-- A new column of numbers takes the name of one that goes: which row gets which number is no promise.
-- before.sql
CREATE TABLE items (id integer PRIMARY KEY, a text NOT NULL);

-- rows
INSERT INTO items (id, a) SELECT n, n::text FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE items ADD COLUMN number bigserial;

ALTER TABLE items DROP COLUMN a;

ALTER TABLE items RENAME COLUMN number TO a;
