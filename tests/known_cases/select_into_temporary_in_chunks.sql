-- drizzle-journal
-- SELECT INTO TEMP makes a table of the session, and EXECUTE does not take it.
-- before.sql
CREATE TABLE "users" ("id" SERIAL PRIMARY KEY, "email" TEXT NOT NULL, "name" TEXT, "age" INT);
CREATE TABLE "posts" ("id" SERIAL PRIMARY KEY, "title" TEXT);

-- rows
INSERT INTO "users" ("email", "name", "age") SELECT 'e' || i, 'n' || i, i FROM generate_series(1, 30) i;
INSERT INTO "posts" ("title") SELECT 't' || i FROM generate_series(1, 30) i;

-- migration.sql
SELECT "id", "name" INTO TEMP "keep" FROM "users";
--> statement-breakpoint
CREATE INDEX "posts_title" ON "posts"("title");
--> statement-breakpoint
UPDATE "users" u SET "name" = k."name" || 'x' FROM "keep" k WHERE k."id" = u."id";
