-- a function with a body of its own
CREATE OR REPLACE FUNCTION "slugify"(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $fn$
  SELECT lower(replace(t, ' ', '-')); -- not; the end
$fn$;

UPDATE "Post" SET "slug" = "slugify"("title") WHERE "slug" = '';

CREATE INDEX "Post_slug_idx" ON "Post"("slugify"("title"));

CREATE VIEW "Titles" AS SELECT "id", "title" FROM "Post";

ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id");
