-- the statistics are kept elsewhere by now
DROP VIEW "Recent";

DROP TABLE IF EXISTS "Visit" CASCADE;

DROP FUNCTION "visit_seen"();

ALTER TABLE "User" ADD COLUMN "visits" INTEGER NOT NULL DEFAULT 0;
