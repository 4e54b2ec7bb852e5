CREATE TABLE "tags" ("id" serial PRIMARY KEY NOT NULL);
--> statement-breakpoint
DROP TABLE "memberships" CASCADE;
