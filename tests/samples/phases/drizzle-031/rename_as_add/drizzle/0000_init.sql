CREATE TYPE "public"."plan" AS ENUM('free', 'paid');--> statement-breakpoint
CREATE TABLE "users" (
	"id" serial PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"nick" varchar(40),
	"plan" "plan" DEFAULT 'free' NOT NULL,
	"about" jsonb,
	"seen_at" timestamp (3) DEFAULT now() NOT NULL
);
