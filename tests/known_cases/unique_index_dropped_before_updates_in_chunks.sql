-- drizzle-journal
-- A unique index that is dropped and built again holds none of the rows that change in between.
-- before.sql
CREATE TABLE "Post" (id integer NOT NULL, name numeric(10,2));
CREATE UNIQUE INDEX "Post_name_key" ON "Post" (name);

-- rows
INSERT INTO "Post" (id, name) SELECT n, CASE WHEN n % 3 > 0 THEN n END FROM generate_series(1, 30) n;

-- migration.sql
DROP INDEX "Post_name_key";
--> statement-breakpoint
UPDATE "Post" SET name = (SELECT min(o.name) FROM "Post" o WHERE o.id >= "Post".id) WHERE name IS NULL;
--> statement-breakpoint
UPDATE "Post" SET name = NULL WHERE ctid NOT IN (SELECT min(ctid) FROM "Post" GROUP BY name);
CREATE UNIQUE INDEX "Post_name_key" ON "Post" (name);
