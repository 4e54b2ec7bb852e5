-- prisma
-- Row security without a permissive policy hides every row.
-- expect: row-security
-- before.sql
CREATE TABLE "users" ("id" SERIAL PRIMARY KEY, "email" TEXT NOT NULL, "name" TEXT, "age" INT);
CREATE TABLE "posts" ("id" SERIAL PRIMARY KEY, "title" TEXT);
ALTER TABLE "users" ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON "users" USING (true);
CREATE POLICY old ON "users" AS RESTRICTIVE USING ("age" > 3);

-- rows
INSERT INTO "users" ("email", "name", "age") SELECT 'e' || i, 'n' || i, i FROM generate_series(1, 30) i;
INSERT INTO "posts" ("title") SELECT 't' || i FROM generate_series(1, 30) i;

-- migration.sql
DROP POLICY own ON "users";
