CREATE TABLE "users" (
	"id" serial PRIMARY KEY,
	"name" text
);
--> statement-breakpoint
CREATE INDEX "users_name_idx" ON "users" ("name");