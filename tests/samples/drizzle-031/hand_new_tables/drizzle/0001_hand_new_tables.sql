CREATE TABLE "teams" (
	"id" serial PRIMARY KEY NOT NULL,
	"name" text
);
--> statement-breakpoint
CREATE TABLE "members" (
	"id" serial PRIMARY KEY NOT NULL,
	"team" integer
);
--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_team_teams_id_fk" FOREIGN KEY ("team") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "email" text CONSTRAINT "members_email_check" CHECK ("email" <> '''');--> statement-breakpoint
ALTER TABLE "members" RENAME COLUMN "team" TO "team_id";--> statement-breakpoint
CREATE INDEX "members_team_id_idx" ON "members" USING btree ("team_id");--> statement-breakpoint
CREATE INDEX "users_name_idx" ON "users" USING btree ("name");