-- prisma
-- Between the renaming of a type and the new one of its name nothing that casts to it works.
-- before.sql
CREATE TYPE "Kind" AS ENUM ('open', 'closed');
CREATE TABLE orders (id integer NOT NULL, name "Kind" DEFAULT 'closed', x numeric(10,2) DEFAULT 1.50 NOT NULL, c text);

-- rows
INSERT INTO orders (id) SELECT n FROM generate_series(1, 12) n;

-- migration.sql
ALTER TYPE "Kind" RENAME TO "Kind_next";
CREATE INDEX ix ON orders (name, x) WHERE name IS NOT NULL;
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_class) THEN
    UPDATE orders AS t SET c = 'b' FROM orders AS o WHERE o.id = t.id;
  END IF;
END
$$;
CREATE TYPE "Kind" AS ENUM ('open', 'closed', 'more');
