ALTER TABLE "users" ALTER COLUMN "name" SET NOT NULL;
--> statement-breakpoint
-- outside the migrator's transaction from here on
COMMIT;
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "posts_user_idx" ON "posts" USING btree ("user_id");
--> statement-breakpoint
ALTER TABLE "posts" ADD CONSTRAINT "posts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id");
