-- drizzle-folders
-- A lock timeout does not shorten the scan of VALIDATE CONSTRAINT under ACCESS EXCLUSIVE.
-- expect: work-under-lock
-- before.sql
CREATE TABLE "accounts" ("id" text PRIMARY KEY NOT NULL, "provider" text NOT NULL, CONSTRAINT "accounts_provider_check" CHECK ("provider" IN ('a','b')));

-- rows
INSERT INTO accounts SELECT g::text,'a' FROM generate_series(1, 40) g;

-- migration.sql
SET LOCAL lock_timeout = '3s';
--> statement-breakpoint
ALTER TABLE "accounts" DROP CONSTRAINT "accounts_provider_check";
--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_provider_check" CHECK ("accounts"."provider" IN ('a','b','c')) NOT VALID;
--> statement-breakpoint
ALTER TABLE "accounts" VALIDATE CONSTRAINT "accounts_provider_check";
