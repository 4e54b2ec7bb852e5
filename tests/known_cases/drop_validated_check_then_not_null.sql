-- prisma
-- DROP CONSTRAINT takes a validated proof away: SET NOT NULL behind it reads all rows.
-- before.sql
CREATE TABLE "t" ("id" int PRIMARY KEY, "a" int);
ALTER TABLE "t" ADD CONSTRAINT "t_a_chk" CHECK ("a" IS NOT NULL) NOT VALID;
ALTER TABLE "t" VALIDATE CONSTRAINT "t_a_chk";

-- rows
INSERT INTO "t" SELECT g, g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "t" DROP CONSTRAINT "t_a_chk";
ALTER TABLE "t" ALTER COLUMN "a" SET NOT NULL;
