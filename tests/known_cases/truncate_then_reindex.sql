-- prisma
-- REINDEX locks the indexes harder than their table.
-- before.sql
CREATE TABLE "OrderLine" (id text PRIMARY KEY);

-- rows
INSERT INTO "OrderLine" SELECT generate_series(1, 30)::text;

-- migration.sql
TRUNCATE "OrderLine" CASCADE;

REINDEX TABLE "OrderLine";
