-- prisma
-- Dropping a table drops the index of its key: a new table's key may have that name.
-- before.sql
CREATE TABLE "old_users" ("id" serial PRIMARY KEY, "a" int);
CREATE TABLE "t" ("id" int PRIMARY KEY, "a" int);

-- rows
INSERT INTO "old_users" ("a") SELECT g FROM generate_series(1, 30) g;
INSERT INTO "t" SELECT g, g FROM generate_series(1, 30) g;

-- migration.sql
DROP TABLE "old_users";
CREATE TABLE "x" ("id" int, CONSTRAINT "old_users_pkey" PRIMARY KEY ("id"));
CREATE INDEX "t_a" ON "t"("a");
