-- drizzle-journal
-- An enum loses a label only by another type, and the table is rewritten twice.
-- expect: replace-enum
-- before.sql
CREATE TYPE "public"."roles" AS ENUM('customer', 'producer', 'admin');
CREATE TABLE "users" (
	"id" serial PRIMARY KEY NOT NULL,
	"role" "roles" DEFAULT 'customer' NOT NULL
);

-- rows
INSERT INTO users(role) SELECT 'customer' FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE "users" ALTER COLUMN "role" SET DATA TYPE text;
--> statement-breakpoint
ALTER TABLE "users" ALTER COLUMN "role" SET DEFAULT 'customer'::text;
--> statement-breakpoint
DROP TYPE "public"."roles";
--> statement-breakpoint
CREATE TYPE "public"."roles" AS ENUM('customer', 'admin');
--> statement-breakpoint
ALTER TABLE "users" ALTER COLUMN "role" SET DEFAULT 'customer'::"public"."roles";
--> statement-breakpoint
ALTER TABLE "users" ALTER COLUMN "role" SET DATA TYPE "public"."roles" USING "role"::"public"."roles";
