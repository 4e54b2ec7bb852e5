-- prisma
-- A label that gets another name has to do with the columns of its type: what may fail on other rows comes first.
-- before.sql
CREATE TYPE state AS ENUM ('new', 'done');
CREATE TABLE orders (id integer PRIMARY KEY, state state DEFAULT 'new' NOT NULL, qty integer);

-- rows
INSERT INTO orders (id, qty) SELECT n, n FROM generate_series(1, 12) n;

-- migration.sql
ALTER TYPE state RENAME VALUE 'new' TO 'open';
ALTER TABLE orders ALTER COLUMN state SET DEFAULT 'open';
ALTER TABLE orders ALTER COLUMN qty SET NOT NULL;
CREATE INDEX orders_open_idx ON orders (qty) WHERE state = 'open';
