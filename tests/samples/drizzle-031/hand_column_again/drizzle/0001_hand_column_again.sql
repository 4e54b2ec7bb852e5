ALTER TABLE "posts" DROP COLUMN "user_id";--> statement-breakpoint
ALTER TABLE "posts" ADD COLUMN "user_id" bigint;--> statement-breakpoint
CREATE INDEX "users_name_idx" ON "users" USING btree ("name");