COMMIT;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "posts_user_idx" ON "posts" USING btree ("user_id");--> statement-breakpoint
START TRANSACTION;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN IF NOT EXISTS "age" integer;--> statement-breakpoint
COMMIT;--> statement-breakpoint
CREATE INDEX "users_name_idx" ON "users" USING btree ("name");--> statement-breakpoint
START TRANSACTION;