-- drizzle-folders
-- A quote in a name is written twice in a text: a query reads the table before its type changes.
-- before.sql
CREATE TABLE "say ""hi""" (id serial PRIMARY KEY, note bigint, "userId" varchar(255));

-- rows
INSERT INTO "say ""hi""" (note, "userId") SELECT n, n::text FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE "say ""hi""" DROP CONSTRAINT "say ""hi""_pkey",
  ALTER COLUMN "userId" SET DATA TYPE varchar(20) USING "userId"::varchar(20);
--> statement-breakpoint
CREATE TABLE orders AS SELECT "userId", note FROM "say ""hi""";
