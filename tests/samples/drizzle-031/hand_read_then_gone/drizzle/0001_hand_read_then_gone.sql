UPDATE "users" SET "full_name" = '' WHERE "full_name" IS NULL;--> statement-breakpoint
CREATE INDEX "users_name_idx" ON "users" USING btree ("name","full_name");--> statement-breakpoint
ALTER TABLE "users" DROP COLUMN "name";