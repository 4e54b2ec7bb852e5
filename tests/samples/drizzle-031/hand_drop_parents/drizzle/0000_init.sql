CREATE TABLE "posts" (
	"id" serial PRIMARY KEY NOT NULL,
	"user_id" integer
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" serial PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text
);
--> statement-breakpoint
CREATE TABLE "memberships" (
	"user_id" integer REFERENCES "users"("id"),
	"post_id" integer CONSTRAINT "memberships_post_fk" REFERENCES "posts"("id")
);
