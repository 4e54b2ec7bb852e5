CREATE TABLE "posts" (
	"id" serial PRIMARY KEY,
	"user_id" integer
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" serial PRIMARY KEY
);
