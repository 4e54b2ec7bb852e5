CREATE TABLE "tags" ("id" serial PRIMARY KEY NOT NULL, "user_id" integer);
--> statement-breakpoint
ALTER TABLE "tags" ADD CONSTRAINT "tags_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id");
--> statement-breakpoint
CREATE INDEX "tags_user_idx" ON "tags" USING btree ("user_id");
