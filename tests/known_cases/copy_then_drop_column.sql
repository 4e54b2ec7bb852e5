-- prisma
-- What is written into a column between its copy and its end would be lost.
-- before.sql
CREATE TABLE "u" ("id" int PRIMARY KEY);
CREATE TABLE "t" ("id" int PRIMARY KEY, "old" text, "uid" int);

-- rows
INSERT INTO "u" SELECT g FROM generate_series(1, 5) g;
INSERT INTO "t" SELECT g, 'x' || g, 1 + g % 5 FROM generate_series(1, 12) g;

-- migration.sql
CREATE TABLE "archive" AS SELECT "id", "old" FROM "t";
ALTER TABLE "t" DROP COLUMN "old";
ALTER TABLE "t" ADD CONSTRAINT "t_uid_fkey" FOREIGN KEY ("uid") REFERENCES "u" ("id");
CREATE INDEX "t_uid" ON "t" ("uid");
