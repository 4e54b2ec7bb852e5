-- drizzle-journal
-- a key without a name gets the one of the key that was dropped, which must not be dropped once more
-- before.sql
CREATE TABLE "u" ("id" serial PRIMARY KEY, "n" integer);
CREATE TABLE "o" ("id" serial PRIMARY KEY, "c" integer);
-- rows
INSERT INTO "u" ("n") SELECT g FROM generate_series(1, 30) g;
INSERT INTO "o" ("c") SELECT g FROM generate_series(1, 30) g;
-- migration.sql
ALTER TABLE "u" DROP CONSTRAINT "u_pkey";
ALTER TABLE "u" ADD COLUMN "k" uuid DEFAULT md5(random()::text)::uuid PRIMARY KEY NOT NULL;
ALTER TABLE "o" ALTER COLUMN "c" SET NOT NULL;
ALTER TABLE "u" DROP COLUMN "id";
