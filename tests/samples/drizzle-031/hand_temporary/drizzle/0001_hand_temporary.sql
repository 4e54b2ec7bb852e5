CREATE TEMP TABLE "kept" ON COMMIT DROP AS SELECT "id", "name" FROM "users";--> statement-breakpoint
UPDATE "users" SET "name" = upper("name");--> statement-breakpoint
ALTER TABLE "posts" ADD COLUMN "title" text;--> statement-breakpoint
UPDATE "posts" SET "title" = "kept"."name" FROM "kept" WHERE "kept"."id" = "posts"."user_id";--> statement-breakpoint
CREATE INDEX "posts_title_idx" ON "posts" USING btree ("title");