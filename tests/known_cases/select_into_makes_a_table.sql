-- prisma
-- SELECT INTO is CREATE TABLE AS, but in a block it fills a variable.
-- before.sql
CREATE TABLE "users" ("id" SERIAL PRIMARY KEY, "email" TEXT NOT NULL, "name" TEXT, "age" INT);
CREATE TABLE "posts" ("id" SERIAL PRIMARY KEY, "title" TEXT);

-- rows
INSERT INTO "users" ("email", "name", "age") SELECT 'e' || i, 'n' || i, i FROM generate_series(1, 30) i;
INSERT INTO "posts" ("title") SELECT 't' || i FROM generate_series(1, 30) i;

-- migration.sql
SELECT "id", "name" INTO "keep" FROM "users";
CREATE INDEX "posts_title" ON "posts"("title");
ALTER TABLE "keep" ADD PRIMARY KEY ("id");
UPDATE "users" u SET "name" = k."name" || 'x' FROM "keep" k WHERE k."id" = u."id";
