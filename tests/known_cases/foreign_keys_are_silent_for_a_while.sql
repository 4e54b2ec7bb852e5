-- prisma
-- DISABLE TRIGGER ALL takes the foreign keys away, whatever triggers the history shows.
-- before.sql
CREATE TABLE "users" ("id" SERIAL PRIMARY KEY, "email" TEXT NOT NULL, "name" TEXT, "age" INT);
CREATE TABLE "posts" ("id" SERIAL PRIMARY KEY, "title" TEXT);
CREATE TABLE "likes" ("user_id" INT REFERENCES "users"("id"));

-- rows
INSERT INTO "users" ("email", "name", "age") SELECT 'e' || i, 'n' || i, i FROM generate_series(1, 30) i;
INSERT INTO "posts" ("title") SELECT 't' || i FROM generate_series(1, 30) i;
INSERT INTO "likes" SELECT i FROM generate_series(1, 30) i;

-- migration.sql
ALTER TABLE "likes" DISABLE TRIGGER ALL;
UPDATE "likes" SET "user_id" = 1 WHERE "user_id" > 20;
ALTER TABLE "likes" ENABLE TRIGGER ALL;
CREATE INDEX "posts_title" ON "posts"("title");
