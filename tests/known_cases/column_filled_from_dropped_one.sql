-- prisma
-- A rename by copy: what is written into the old column between the copy and its end would be lost.
-- before.sql
CREATE TABLE "t" ("id" int PRIMARY KEY, "old" text, "k" int);

-- rows
INSERT INTO "t" SELECT g, 'x' || g, g FROM generate_series(1, 12) g;

-- migration.sql
ALTER TABLE "t" ADD COLUMN "new" text;
UPDATE "t" SET "new" = "old";
ALTER TABLE "t" ALTER COLUMN "new" SET NOT NULL;
ALTER TABLE "t" DROP COLUMN "old";
CREATE INDEX "t_k" ON "t" ("k");
CREATE INDEX "t_new" ON "t" ("new");
