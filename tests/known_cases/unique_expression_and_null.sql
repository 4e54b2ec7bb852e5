-- prisma
-- A unique index may be over an expression, over a part of the rows, or take two NULLs for equal.
-- before.sql
CREATE TABLE "Req" ("id" SERIAL NOT NULL, "email" TEXT, "type" TEXT NOT NULL, "ext" TEXT, CONSTRAINT "Req_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "Req" ("email", "type", "ext") SELECT 'm' || g, 'news', g::text FROM generate_series(1, 30) g;

-- migration.sql
CREATE UNIQUE INDEX "Req_email_type" ON "Req"(lower("email"), "type") WHERE "type" IN ('waitlist','news');
CREATE UNIQUE INDEX "Req_ext_key" ON "Req"("ext") NULLS NOT DISTINCT;
