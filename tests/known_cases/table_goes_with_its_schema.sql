-- prisma
-- DROP SCHEMA CASCADE drops the tables in it, with their rows.
-- expect: drop-table
-- before.sql
CREATE TABLE "users" ("id" SERIAL PRIMARY KEY, "email" TEXT NOT NULL, "name" TEXT, "age" INT);
CREATE TABLE "posts" ("id" SERIAL PRIMARY KEY, "title" TEXT);
CREATE SCHEMA app;
CREATE TABLE app."t" ("id" INT);

-- rows
INSERT INTO "users" ("email", "name", "age") SELECT 'e' || i, 'n' || i, i FROM generate_series(1, 30) i;
INSERT INTO "posts" ("title") SELECT 't' || i FROM generate_series(1, 30) i;
INSERT INTO app."t" SELECT i FROM generate_series(1, 30) i;

-- migration.sql
DROP SCHEMA app CASCADE;
