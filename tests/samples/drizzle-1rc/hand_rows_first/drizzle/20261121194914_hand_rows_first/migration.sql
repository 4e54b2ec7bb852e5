UPDATE "users" SET "name" = "name" || '!' WHERE "id" > 2;--> statement-breakpoint
ALTER TABLE "users" ALTER COLUMN "name" SET NOT NULL;