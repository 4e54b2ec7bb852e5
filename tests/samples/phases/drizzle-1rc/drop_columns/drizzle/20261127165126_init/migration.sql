CREATE TYPE "plan" AS ENUM('free', 'paid');--> statement-breakpoint
CREATE TABLE "teams" (
	"id" serial PRIMARY KEY
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" serial PRIMARY KEY,
	"email" text NOT NULL,
	"nick_name" varchar(40) NOT NULL,
	"plan" "plan" DEFAULT 'free'::"plan" NOT NULL,
	"team_id" integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX "users_nick_name_idx" ON "users" ("nick_name");--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_team_id_teams_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams"("id") ON DELETE CASCADE;