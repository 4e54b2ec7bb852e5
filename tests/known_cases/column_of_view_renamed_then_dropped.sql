-- drizzle-journal
-- A view follows a renamed column, and goes with it, and the views that read that one.
-- before.sql
CREATE TABLE orders (id serial PRIMARY KEY, note integer DEFAULT 42, kind numeric(10, 2) DEFAULT 1.50 NOT NULL);
CREATE MATERIALIZED VIEW summary AS SELECT kind, note FROM orders;
CREATE MATERIALIZED VIEW top AS SELECT max(kind) AS kind FROM summary;

-- rows
INSERT INTO orders (note) SELECT generate_series(1, 30);

-- migration.sql
ALTER TABLE orders RENAME COLUMN note TO email;
--> statement-breakpoint
ALTER TABLE orders DROP COLUMN email CASCADE;
