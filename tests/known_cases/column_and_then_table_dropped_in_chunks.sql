-- drizzle-journal
-- A file that is begun again finds the column gone while its table is still there.
-- before.sql
CREATE TABLE orders (id serial, amount timestamp(3) DEFAULT '2024-01-01 00:00:00', CONSTRAINT orders_pkey PRIMARY KEY (id));
CREATE TABLE lines (id serial, note integer REFERENCES orders);

-- migration.sql
ALTER TABLE orders ALTER COLUMN amount SET NOT NULL;
--> statement-breakpoint
ALTER TABLE orders DROP COLUMN amount;
--> statement-breakpoint
DROP TABLE orders CASCADE;
