-- drizzle-journal
-- Two updates, one of which fails, with a view made anew between them: going apart gives the view no attempts, so they stay one.
-- before.sql
CREATE TABLE orders (
  id serial PRIMARY KEY,
  name jsonb
);
CREATE TABLE lines (
  id integer NOT NULL,
  name integer REFERENCES orders (id) ON DELETE SET NULL,
  x numeric(10,2),
  kind uuid
);
CREATE MATERIALIZED VIEW report AS SELECT name, x FROM lines;

-- rows
INSERT INTO orders (name) SELECT jsonb_build_object('n', n) FROM generate_series(1, 12) n;
INSERT INTO lines (id, name, x, kind) SELECT n, CASE WHEN n % 3 > 0 THEN n END, n, lpad(n::text, 32, '0')::uuid FROM generate_series(1, 12) n;

-- migration.sql
UPDATE lines AS t SET kind = '00000000-0000-4000-8000-000000000001' WHERE t.kind IS NOT NULL;
--> statement-breakpoint
COMMENT ON COLUMN lines.kind IS 'one of them';
--> statement-breakpoint
DROP MATERIALIZED VIEW report;
--> statement-breakpoint
CREATE MATERIALIZED VIEW report AS SELECT name, x FROM lines;
--> statement-breakpoint
UPDATE lines SET name = k.was FROM "keep" k WHERE k.id = lines.id;
--> statement-breakpoint
CREATE INDEX orders_name_gin ON orders USING gin (name);
