CREATE TABLE "names_before" AS SELECT "id", "name" FROM "users";--> statement-breakpoint
ALTER TABLE "users" DROP COLUMN "name";--> statement-breakpoint
CREATE INDEX "users_full_name_idx" ON "users" USING btree ("full_name");
