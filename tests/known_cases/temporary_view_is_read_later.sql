-- prisma
-- A temporary view is gone with the session that made it.
-- before.sql
CREATE TABLE "users" ("id" SERIAL PRIMARY KEY, "email" TEXT NOT NULL, "name" TEXT, "age" INT);
CREATE TABLE "posts" ("id" SERIAL PRIMARY KEY, "title" TEXT);

-- rows
INSERT INTO "users" ("email", "name", "age") SELECT 'e' || i, 'n' || i, i FROM generate_series(1, 30) i;
INSERT INTO "posts" ("title") SELECT 't' || i FROM generate_series(1, 30) i;

-- migration.sql
CREATE TEMPORARY VIEW "old" AS SELECT "id", "name" FROM "users";
ALTER TABLE "users" ADD COLUMN "full" TEXT;
UPDATE "users" u SET "full" = o."name" FROM "old" o WHERE o."id" = u."id";
ALTER TABLE "users" ALTER COLUMN "full" SET NOT NULL;
