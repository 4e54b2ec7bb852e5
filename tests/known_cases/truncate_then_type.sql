-- drizzle-journal
-- TRUNCATE leaves nothing to rewrite for a change of type in the same transaction.
-- expect: data-change
-- not: change-column-type
-- before.sql
CREATE TABLE "usage_hourly" (
	"id" text PRIMARY KEY NOT NULL,
	"tokens" integer DEFAULT 0 NOT NULL
);

-- rows
INSERT INTO usage_hourly SELECT g::text,g FROM generate_series(1, 40) g;

-- migration.sql
TRUNCATE TABLE "usage_hourly";
--> statement-breakpoint
ALTER TABLE "usage_hourly" ALTER COLUMN "tokens" SET DATA TYPE bigint;
