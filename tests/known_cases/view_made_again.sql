-- drizzle-journal
-- A view that is dropped and created in one transaction is always there.
-- expect: create-index
-- before.sql
CREATE TABLE "tasks" (
	"id" text PRIMARY KEY NOT NULL,
	"status" text NOT NULL,
	"note" text
);
CREATE VIEW "public"."open_tasks" AS (select "id", "status" from "tasks");

-- rows
INSERT INTO tasks SELECT g::text,'open',null FROM generate_series(1, 40) g;

-- migration.sql
DROP VIEW "public"."open_tasks";
--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "owner" text;
--> statement-breakpoint
CREATE INDEX "tasks_owner_idx" ON "tasks" USING btree ("owner");
--> statement-breakpoint
CREATE VIEW "public"."open_tasks" AS (select "id", "status", "owner" from "tasks");
