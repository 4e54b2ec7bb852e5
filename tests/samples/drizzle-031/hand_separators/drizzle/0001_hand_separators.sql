-- one
CREATE INDEX "posts_user_idx" ON "posts" USING btree ("user_id")
--> statement-breakpoint
-- nothing but a comment
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "age" integer; -- two at once
ALTER TABLE "users" ADD COLUMN "height" integer;
--> statement-breakpoint

--> statement-breakpoint
CREATE TABLE "tags" (
	"id" serial PRIMARY KEY NOT NULL, -- the key
	"label" text DEFAULT 'a; b' NOT NULL
)
--> statement-breakpoint
-- the end
