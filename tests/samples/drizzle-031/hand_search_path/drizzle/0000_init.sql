CREATE SCHEMA "shop";
--> statement-breakpoint
CREATE TABLE "shop"."posts" (
	"id" serial PRIMARY KEY NOT NULL,
	"user_id" integer
);
--> statement-breakpoint
CREATE TABLE "shop"."users" (
	"id" serial PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text
);