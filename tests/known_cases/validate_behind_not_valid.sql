-- prisma
-- VALIDATE CONSTRAINT in the transaction of ADD … NOT VALID reads all rows under ACCESS EXCLUSIVE.
-- expect: work-under-lock
-- before.sql
CREATE TABLE "Account" ("id" TEXT NOT NULL, "provider" TEXT NOT NULL, CONSTRAINT "Account_pkey" PRIMARY KEY ("id"), CONSTRAINT "Account_provider_check" CHECK ("provider" IN ('a','b')));

-- rows
INSERT INTO "Account" SELECT g::text,'a' FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE "Account" DROP CONSTRAINT "Account_provider_check";
ALTER TABLE "Account" ADD CONSTRAINT "Account_provider_check" CHECK ("provider" IN ('a','b','c')) NOT VALID;
ALTER TABLE "Account" VALIDATE CONSTRAINT "Account_provider_check";
