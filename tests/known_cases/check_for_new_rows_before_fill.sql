-- prisma
-- A row that is filled is held to a CHECK that is NOT VALID; one that a rewrite of the table gives a value is not.
-- before.sql
CREATE TABLE "Post" (
  id integer NOT NULL,
  parent_id text,
  exclude timestamp(3) DEFAULT now() NOT NULL,
  c text[],
  qty varchar(255) CONSTRAINT k1 CHECK (length(qty) < 100) CHECK (length(qty) < 100)
);

-- rows
INSERT INTO "Post" (id, parent_id, exclude, c, qty) SELECT n, CASE WHEN n % 3 > 0 THEN n::text END, timestamp '2024-01-01' + n * interval '1 day', CASE WHEN n % 3 > 0 THEN ARRAY[n::text] END, CASE WHEN n % 3 > 0 THEN n::text END FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE "Post" ADD CONSTRAINT "Post_c_check" CHECK (c IS NOT NULL) NOT VALID;

ALTER TABLE "Post" ADD COLUMN "a.b" timestamp(3) DEFAULT clock_timestamp();
