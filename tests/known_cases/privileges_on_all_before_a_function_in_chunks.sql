-- drizzle-journal
-- Privileges on all functions of a schema are about those that are there: not about one that is made behind them.
-- before.sql
CREATE TABLE orders (id integer NOT NULL, n integer);
CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 1';

-- rows
INSERT INTO orders SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
--> statement-breakpoint
GRANT SELECT ON ALL TABLES IN SCHEMA public TO pg_monitor;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION settle() RETURNS integer LANGUAGE sql AS 'SELECT 1';
--> statement-breakpoint
CREATE TABLE items (id integer NOT NULL);
--> statement-breakpoint
CREATE INDEX orders_n_idx ON orders (n);
