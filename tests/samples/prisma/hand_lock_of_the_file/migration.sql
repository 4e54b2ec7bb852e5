LOCK TABLE "User" IN SHARE ROW EXCLUSIVE MODE;
UPDATE "User" SET "name" = 'nobody' WHERE "name" IS NULL;
CREATE INDEX "Post_title_idx" ON "Post"("title");
