-- prisma
-- The author's guard of a constraint becomes another one, also behind an IF EXISTS of a statement.
-- before.sql
CREATE TABLE orders (id integer, parent_id integer);

-- rows
INSERT INTO orders SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
DROP INDEX IF EXISTS ix;
DO $do$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'by_hand') THEN
    ALTER TABLE orders ADD CONSTRAINT by_hand CHECK (parent_id IS NOT NULL OR id IS NOT NULL);
  END IF;
END
$do$;
