-- prisma
-- Rows that are written between the copy of a table and its deletion would be lost.
-- before.sql
CREATE TABLE "t" ("id" int PRIMARY KEY, "old" text, "k" int);
CREATE TABLE "kept" ("id" int PRIMARY KEY, "old" text);

-- rows
INSERT INTO "t" SELECT g, 'x' || g, g FROM generate_series(1, 12) g;

-- migration.sql
INSERT INTO "kept" SELECT "id", "old" FROM "t";
ALTER TABLE "kept" ALTER COLUMN "old" SET NOT NULL;
CREATE INDEX "kept_old" ON "kept" ("old");
DROP TABLE "t";
