-- prisma
-- Statements that change rows on both sides of a unique index, which keep its rule, are one transaction before it.
-- before.sql
CREATE TABLE items (id text NOT NULL, seen timestamp(3));
CREATE TABLE orders (id text NOT NULL, qty varchar(255) DEFAULT '' NOT NULL, note text);

-- rows
INSERT INTO items (id, seen) SELECT n::text, timestamp '2024-01-01' + n * interval '1 day' FROM generate_series(1, 30) n;
INSERT INTO orders (id, qty) SELECT n::text, (n / 2)::text FROM generate_series(1, 30) n;

-- migration.sql
UPDATE items AS t SET seen = clock_timestamp() FROM orders AS o WHERE o.id = t.id;

DELETE FROM orders a USING orders b WHERE a.qty = b.qty AND a.ctid > b.ctid;

CREATE UNIQUE INDEX orders_qty_key ON orders (qty);

UPDATE orders AS t SET qty = 'x' || t.id, note = 'moved' FROM items AS o WHERE o.id = t.id;
