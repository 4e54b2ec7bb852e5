-- the same name, more columns
DROP INDEX "Post_title_idx";
CREATE INDEX "Post_title_idx" ON "Post"("title", "slug");

-- two old ones, one new one
DROP INDEX "Post_slug_idx";
DROP INDEX "Post_authorId_slug_key";
CREATE UNIQUE INDEX "Post_slug_authorId_key" ON "Post"("slug", "authorId");
