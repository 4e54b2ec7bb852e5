-- drizzle-journal
-- An inherited column is renamed in its parent: PostgreSQL refuses it in the child.
-- before.sql
CREATE TABLE t (id serial);
CREATE TABLE orders (id serial, parent_id date DEFAULT '2024-01-01' NOT NULL);

-- migration.sql
DROP TABLE IF EXISTS t;
--> statement-breakpoint
ALTER TABLE orders RENAME TO "Post";
--> statement-breakpoint
CREATE TABLE t_pkey (own integer) INHERITS ("Post");
--> statement-breakpoint
ALTER TABLE t_pkey RENAME COLUMN parent_id TO x;
