-- prisma
-- CREATE INDEX CONCURRENTLY is refused on a partitioned table.
-- expect: failing-statement
-- before.sql
CREATE TABLE "Event" ("id" BIGINT NOT NULL, "accountId" BIGINT NOT NULL, "at" TIMESTAMP(3) NOT NULL) PARTITION BY RANGE ("at");
CREATE TABLE "Event_2026_01" PARTITION OF "Event" FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');

-- rows
INSERT INTO "Event" SELECT g, g, '2026-01-05' FROM generate_series(1, 30) g;

-- migration.sql
CREATE INDEX CONCURRENTLY IF NOT EXISTS "Event_accountId_idx" ON "Event"("accountId");
