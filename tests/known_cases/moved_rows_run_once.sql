-- drizzle-journal
-- What runs once in the migrator's transaction, and holds a copy and its end, stays as it is when it is read again.
-- before.sql
CREATE TABLE "Post" (id int, name timestamptz DEFAULT clock_timestamp() NOT NULL, parent_id timestamp(3) DEFAULT '2024-01-01 00:00:00' NOT NULL);

-- migration.sql
CREATE STATISTICS st ON id, name FROM "Post";
--> statement-breakpoint
UPDATE "Post" SET parent_id = name::timestamp(3) WHERE id = 1;
--> statement-breakpoint
ALTER TABLE "Post" DROP COLUMN parent_id,
  ALTER COLUMN name DROP NOT NULL;
