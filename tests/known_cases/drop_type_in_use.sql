-- drizzle-journal
-- DROP TYPE fails while a column is of the type.
-- expect: failing-statement
-- before.sql
CREATE TYPE "public"."app_status" AS ENUM('PENDING', 'ACTIVE');
CREATE TABLE "apps" (
	"id" serial PRIMARY KEY NOT NULL,
	"status" "app_status" DEFAULT 'PENDING' NOT NULL
);

-- rows
INSERT INTO apps(status) SELECT 'PENDING' FROM generate_series(1, 40) g;

-- migration.sql
DROP TYPE "public"."app_status";
--> statement-breakpoint
CREATE TYPE "public"."app_status" AS ENUM('IN_REVIEW', 'ACTIVE');
--> statement-breakpoint
ALTER TABLE "apps" ALTER COLUMN "status" SET DEFAULT 'IN_REVIEW';
