-- drizzle-journal
-- Statements that change rows on both sides of a unique index fail together: the index comes behind them, and whether it can be built is asked in their transaction.
-- before.sql
CREATE TABLE items (
  id text NOT NULL,
  "createdAt" timestamp(3)
);
CREATE TABLE orders (
  id text NOT NULL,
  qty varchar(255) DEFAULT '' NOT NULL
);

-- rows
INSERT INTO items (id, "createdAt") SELECT n::text, timestamp '2024-01-01' + n * interval '1 day' FROM generate_series(1, 30) n;
INSERT INTO orders (id, qty) SELECT n::text, (n / 2)::text FROM generate_series(1, 30) n;

-- migration.sql
UPDATE items AS t SET "createdAt" = clock_timestamp() FROM orders AS o WHERE o.id = t.id;
--> statement-breakpoint
DELETE FROM orders a USING orders b WHERE a.qty = b.qty AND a.ctid > b.ctid;
--> statement-breakpoint
CREATE UNIQUE INDEX orders_qty_key ON orders (qty);
--> statement-breakpoint
UPDATE orders AS t SET qty = 'x' FROM items AS o WHERE o.id = t.id;
