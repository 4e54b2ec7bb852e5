CREATE TABLE "users" (
	"id" serial PRIMARY KEY NOT NULL,
	"name" text
);
--> statement-breakpoint
CREATE INDEX "users_name_idx" ON "users" USING btree ("name");