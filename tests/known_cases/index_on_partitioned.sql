-- prisma
-- CREATE INDEX on a partitioned table builds in every partition under SHARE.
-- expect: create-index
-- before.sql
CREATE TABLE "Event" ("id" BIGINT NOT NULL, "accountId" BIGINT NOT NULL, "at" TIMESTAMP(3) NOT NULL) PARTITION BY RANGE ("at");
CREATE TABLE "Event_2026_01" PARTITION OF "Event" FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE "Event_2026_02" PARTITION OF "Event" FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');

-- rows
INSERT INTO "Event" SELECT g,g,'2026-01-05' FROM generate_series(1, 40) g;

-- migration.sql
-- CreateIndex
CREATE INDEX "Event_accountId_idx" ON "Event"("accountId");
