-- prisma
-- A DELETE, an UPDATE and the unique index behind them fail together.
-- before.sql
CREATE TABLE "User" (
  id serial,
  qty numeric(10,2) CONSTRAINT qty_ck CHECK (qty >= 0)
);

-- rows
INSERT INTO "User" (qty) SELECT CASE WHEN n % 3 > 0 THEN n END FROM generate_series(1, 30) n;

-- migration.sql
UPDATE "User" SET (qty) = ROW (0) WHERE id IS NOT NULL;

ALTER TABLE "User" ADD COLUMN kind uuid DEFAULT gen_random_uuid() CHECK (kind IS NOT NULL) CONSTRAINT kind_ck CHECK (kind IS NOT NULL);

UPDATE "User" SET kind = k.was FROM "keep" k WHERE k.id = "User".id;

DELETE FROM logs a USING logs b WHERE a."userId" = b."userId" AND a.ctid > b.ctid;

CREATE UNIQUE INDEX "logs_userId_key" ON logs ("userId");
