-- drizzle-journal
-- What is committed inside a file is not taken back when a later statement fails.
-- expect: commit-in-file
-- before.sql
CREATE TABLE "reviews" ("id" text PRIMARY KEY NOT NULL, "repo" text NOT NULL, "pr" integer NOT NULL, "sha" text NOT NULL, "status" text NOT NULL);
CREATE UNIQUE INDEX "uq_reviews_repo_pr_sha" ON "reviews" USING btree ("repo","pr","sha");

-- rows
INSERT INTO reviews SELECT g::text,'r',g,'s','pending' FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE "reviews" ADD COLUMN "manual_config" jsonb;
--> statement-breakpoint
COMMIT;
--> statement-breakpoint
CREATE UNIQUE INDEX CONCURRENTLY "uq_reviews_active" ON "reviews" USING btree ("repo","pr") WHERE "status" in ('pending','running');
--> statement-breakpoint
DROP INDEX CONCURRENTLY "uq_reviews_repo_pr_sha";
--> statement-breakpoint
BEGIN;
