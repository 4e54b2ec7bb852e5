-- prisma
-- ALTER INDEX … SET takes ACCESS EXCLUSIVE on the index, which every plan of a query needs.
-- expect: missing-lock-timeout
-- before.sql
CREATE TABLE "ops" ("id" BIGSERIAL NOT NULL, "keys" TEXT[], CONSTRAINT "ops_pkey" PRIMARY KEY ("id"));
CREATE INDEX "ops_keys_gin" ON "ops" USING GIN ("keys");

-- rows
INSERT INTO ops(keys) SELECT array[g::text] FROM generate_series(1, 40) g;

-- migration.sql
-- the pending list makes lookups slow
ALTER INDEX "ops_keys_gin" SET (fastupdate = off);
