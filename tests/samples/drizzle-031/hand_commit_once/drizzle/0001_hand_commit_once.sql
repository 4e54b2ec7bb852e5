ALTER TABLE "users" ADD COLUMN "bio" text;
--> statement-breakpoint
COMMIT;
--> statement-breakpoint
CREATE INDEX CONCURRENTLY "users_bio_idx" ON "users" USING btree ("bio");
