ALTER TABLE "users" DROP CONSTRAINT "users_team_id_teams_id_fkey";--> statement-breakpoint
DROP INDEX "users_nick_name_idx";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "age" integer;--> statement-breakpoint
ALTER TABLE "users" DROP COLUMN "nick_name";--> statement-breakpoint
ALTER TABLE "users" DROP COLUMN "plan";--> statement-breakpoint
ALTER TABLE "users" DROP COLUMN "team_id";--> statement-breakpoint
CREATE INDEX "users_email_idx" ON "users" ("email");--> statement-breakpoint
DROP TYPE "plan";