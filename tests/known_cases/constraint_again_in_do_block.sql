-- drizzle-journal
-- What a block's handler takes does not end the migration, nor does what its condition leaves out.
-- not: failing-statement
-- before.sql
CREATE TABLE orders (id integer NOT NULL, kind integer CONSTRAINT orders_kind_check CHECK (kind >= 0));

-- rows
INSERT INTO orders SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
DO $$ BEGIN
  ALTER TABLE orders ADD CONSTRAINT orders_kind_check CHECK (kind IS NOT NULL);
EXCEPTION
  WHEN duplicate_object THEN null;
END $$;
--> statement-breakpoint
DO $$ BEGIN
  ALTER TABLE orders ADD COLUMN kind integer;
EXCEPTION
  WHEN others THEN null;
END $$;
--> statement-breakpoint
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'orders_kind_check') THEN
    ALTER TABLE orders ADD CONSTRAINT orders_kind_check CHECK (kind IS NOT NULL);
  END IF;
END $$;
