-- drizzle-journal
-- What LOCK TABLE says of the work behind it holds for a copy as well.
-- before.sql
CREATE TABLE orders (id integer NOT NULL, email date);

-- rows
INSERT INTO orders SELECT n, date '2024-01-01' + n FROM generate_series(101, 136) n;

-- migration.sql
LOCK TABLE orders IN ACCESS EXCLUSIVE MODE;
--> statement-breakpoint
CREATE TEMPORARY TABLE keep AS SELECT id, email AS was FROM orders;
