-- prisma
-- CREATE TABLE IF NOT EXISTS makes a table that may have been there, with rows.
-- before.sql
CREATE TABLE other (id int);

-- rows
INSERT INTO other SELECT g FROM generate_series(1, 30) g;

-- migration.sql
CREATE TABLE IF NOT EXISTS "users" ("id" int PRIMARY KEY, "email" text);
ALTER TABLE "users" ALTER COLUMN "email" SET NOT NULL;
CREATE INDEX users_email ON "users"("email");
