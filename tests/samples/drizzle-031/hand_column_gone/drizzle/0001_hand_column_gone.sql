ALTER TABLE "users" ALTER COLUMN "name" SET DEFAULT 'nobody';--> statement-breakpoint
ALTER TABLE "users" RENAME COLUMN "name" TO "full_name";--> statement-breakpoint
ALTER TABLE "posts" ALTER COLUMN "user_id" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "posts" DROP COLUMN "user_id";--> statement-breakpoint
CREATE INDEX "users_email_idx" ON "users" USING btree ("email");