-- drizzle-journal
-- A new label cannot be a default in the transaction that adds it, when the type is older.
-- expect: add-enum-value
-- before.sql
CREATE TYPE "public"."status" AS ENUM('ONE', 'TWO');
CREATE TABLE "clients" (
	"id" serial PRIMARY KEY NOT NULL,
	"status" "status" DEFAULT 'ONE' NOT NULL
);

-- rows
INSERT INTO clients DEFAULT VALUES;

-- migration.sql
ALTER TYPE "public"."status" ADD VALUE 'FOUR';
--> statement-breakpoint
ALTER TABLE "clients" ALTER COLUMN "status" SET DEFAULT 'FOUR';
