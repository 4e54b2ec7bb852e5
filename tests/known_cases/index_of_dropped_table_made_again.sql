-- prisma
-- Dropping a table drops its index: another table's may have its name.
-- before.sql
CREATE TABLE "old" ("id" int PRIMARY KEY, "a" int); CREATE INDEX "a_idx" ON "old"("a");
CREATE TABLE "U" ("id" int PRIMARY KEY, "a" int);

-- rows
INSERT INTO "old" SELECT g, g FROM generate_series(1, 30) g;
INSERT INTO "U" SELECT g, g FROM generate_series(1, 30) g;

-- migration.sql
DROP TABLE "old";
CREATE INDEX "a_idx" ON "U"("a");
