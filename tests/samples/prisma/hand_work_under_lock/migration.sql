-- one more age is allowed
ALTER TABLE "User" DROP CONSTRAINT "User_age_check";
ALTER TABLE "User" ADD CONSTRAINT "User_age_check" CHECK ("age" IN (20, 30, 40)) NOT VALID;
ALTER TABLE "User" VALIDATE CONSTRAINT "User_age_check";
ALTER TABLE "User" ADD COLUMN "kind" TEXT;
UPDATE "User" SET "kind" = 'regular';
