-- drizzle-journal
-- DROP TABLE takes ACCESS EXCLUSIVE on the tables that its foreign keys refer to.
-- expect: drop-table
-- before.sql
CREATE TABLE "members" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"email" text NOT NULL
);
CREATE TABLE "teams" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL
);
CREATE TABLE "spend_alerts" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"member_id" uuid,
	"team_id" uuid
);
CREATE TABLE "spend_events" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"member_id" uuid,
	"alert_id" uuid
);
ALTER TABLE "spend_alerts" ADD CONSTRAINT "spend_alerts_member_id_members_id_fk" FOREIGN KEY ("member_id") REFERENCES "public"."members"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "spend_alerts" ADD CONSTRAINT "spend_alerts_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "spend_events" ADD CONSTRAINT "spend_events_member_id_members_id_fk" FOREIGN KEY ("member_id") REFERENCES "public"."members"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "spend_events" ADD CONSTRAINT "spend_events_alert_id_spend_alerts_id_fk" FOREIGN KEY ("alert_id") REFERENCES "public"."spend_alerts"("id") ON DELETE cascade ON UPDATE no action;

-- rows
INSERT INTO "members" ("email") SELECT g::text FROM generate_series(1, 30) g;
INSERT INTO "teams" ("name") SELECT g::text FROM generate_series(1, 30) g;

-- migration.sql
DROP TABLE "spend_events" CASCADE;
--> statement-breakpoint
DROP TABLE "spend_alerts" CASCADE;
