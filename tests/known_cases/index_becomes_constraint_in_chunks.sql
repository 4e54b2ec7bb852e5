-- drizzle-journal
-- An index that a constraint needs cannot be dropped: a file that begins again must not try.
-- before.sql
CREATE TABLE "a" ("id" serial PRIMARY KEY, "x" integer);
CREATE UNIQUE INDEX "a_x_key" ON "a" USING btree ("x");

-- rows
INSERT INTO "a" ("x") SELECT g FROM generate_series(1, 30) g;

-- migration.sql
DROP INDEX "a_x_key";
--> statement-breakpoint
ALTER TABLE "a" ADD CONSTRAINT "a_x_key" UNIQUE("x");
