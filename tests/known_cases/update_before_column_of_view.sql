-- prisma
-- A view may stand in the way of the column's end: the rows that change before it do not change alone.
-- before.sql
CREATE TABLE items (id serial, CONSTRAINT items_pkey PRIMARY KEY (id));
CREATE TABLE orders (id integer NOT NULL, made timestamp(3) NOT NULL);
CREATE TABLE users (id integer NOT NULL, item integer REFERENCES items (id) ON DELETE CASCADE);
CREATE VIEW report AS SELECT item FROM users;

-- rows
INSERT INTO orders SELECT n, timestamp '2024-01-01' + n * interval '1 day' FROM generate_series(1, 12) n;

-- migration.sql
UPDATE orders AS t SET made = '2024-01-01 00:00:00' FROM orders AS o WHERE o.id = t.id;
ALTER TABLE users DROP COLUMN item;
