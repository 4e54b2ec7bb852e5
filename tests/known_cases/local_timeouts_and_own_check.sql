-- drizzle-journal
-- SET LOCAL lasts as long as the transaction.
-- expect: drop-table
-- before.sql
CREATE TABLE "runs" (
	"id" text PRIMARY KEY NOT NULL
);
CREATE TABLE "old_runs" (
	"id" text PRIMARY KEY NOT NULL,
	"run_id" text REFERENCES "runs"("id")
);

-- migration.sql
SET LOCAL lock_timeout = '5s';
--> statement-breakpoint
SET LOCAL statement_timeout = '10s';
--> statement-breakpoint
DO $$ BEGIN IF EXISTS (SELECT 1 FROM "old_runs" LIMIT 1) THEN RAISE EXCEPTION 'old_runs is not empty'; END IF; END $$;
--> statement-breakpoint
DROP TABLE "old_runs";
--> statement-breakpoint
CREATE INDEX "runs_hash_idx" ON "runs" USING hash ("id");
