DROP INDEX "Post_title_idx";
DROP INDEX "Post_title_slug_idx";
CREATE INDEX "Post_title_idx" ON "Post"("title", "views");
