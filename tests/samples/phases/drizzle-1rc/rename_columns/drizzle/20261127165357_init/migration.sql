CREATE TYPE "plan" AS ENUM('free', 'paid');--> statement-breakpoint
CREATE TABLE "users" (
	"id" serial PRIMARY KEY,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"nick" varchar(40),
	"plan" "plan" DEFAULT 'free'::"plan" NOT NULL,
	"about" jsonb,
	"seen_at" timestamp(3) DEFAULT now() NOT NULL
);
