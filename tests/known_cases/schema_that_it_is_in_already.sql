-- drizzle-folders
-- A table that is moved to the schema that it is in stays there: no error.
-- not: failing-statement
-- before.sql
CREATE SCHEMA app;

-- migration.sql
SET LOCAL search_path TO app, public;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS orders (other integer);
--> statement-breakpoint
ALTER TABLE orders SET SCHEMA app;
