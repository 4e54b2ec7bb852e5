-- prisma
-- An UPDATE moves a row, so that a fill decides what a statement behind it finds by ctid.
-- before.sql
CREATE TABLE logs (
  id integer NOT NULL,
  parent_id timestamptz DEFAULT CURRENT_TIMESTAMP CHECK (parent_id > '2000-01-01'),
  kind boolean,
  name numeric(10,2),
  "userId" integer CONSTRAINT "userId_ck" CHECK ("userId" >= 0) CHECK ("userId" >= 0)
);
CREATE TABLE "Post" (own integer) INHERITS (logs);

-- rows
INSERT INTO logs (id, parent_id, kind, name, "userId") SELECT n, CASE WHEN n % 3 > 0 THEN timestamp '2024-01-01' + n * interval '1 day' END, CASE WHEN n % 3 > 0 THEN n % 2 = 0 END, CASE WHEN n % 3 > 0 THEN n END, CASE WHEN n % 3 > 0 THEN n END FROM generate_series(1, 30) n;
INSERT INTO "Post" (id, parent_id, kind, name, "userId", own) SELECT n, CASE WHEN n % 3 > 0 THEN timestamp '2024-01-01' + n * interval '1 day' END, n % 2 = 0, n, n, n FROM generate_series(101, 136) n;

-- migration.sql
ALTER TABLE logs ADD COLUMN IF NOT EXISTS status serial;

WITH ranked AS (SELECT ctid AS at, row_number() OVER (PARTITION BY kind ORDER BY ctid) AS n FROM logs)
DELETE FROM logs WHERE ctid IN (SELECT at FROM ranked WHERE n > 1);
