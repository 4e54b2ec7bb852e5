-- drizzle-journal
-- Row security of a new table and its policies commit as one where chunks commit one by one.
-- before.sql
CREATE TABLE orders (
  id bigint PRIMARY KEY,
  total integer DEFAULT 42 NOT NULL,
  qty serial
);

-- rows
INSERT INTO orders (id) SELECT n FROM generate_series(1, 30) n;

-- migration.sql
CREATE TABLE order_tags (
  order_id bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE order_tags ADD CONSTRAINT order_tags_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id);
--> statement-breakpoint
ALTER TABLE order_tags ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON order_tags USING (true);
--> statement-breakpoint
UPDATE orders AS t SET total = qty WHERE t.total IS NOT NULL;
