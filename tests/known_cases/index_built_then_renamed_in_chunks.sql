-- drizzle-folders
-- An index that is built and renamed is there under its last name when the file begins again.
-- expect: create-index
-- before.sql
CREATE TABLE "a" ("id" serial PRIMARY KEY, "x" integer);

-- rows
INSERT INTO "a" ("x") SELECT g FROM generate_series(1, 30) g;

-- migration.sql
CREATE INDEX "i1" ON "a" ("x");
--> statement-breakpoint
ALTER INDEX "i1" RENAME TO "i2";
--> statement-breakpoint
ALTER TABLE "a" RENAME TO "b";
