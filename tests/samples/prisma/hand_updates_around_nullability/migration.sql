UPDATE "User" SET "name" = 'unknown' WHERE "age" > 120;
ALTER TABLE "User" ALTER COLUMN "email" DROP NOT NULL;
UPDATE "User" SET "email" = NULL WHERE "age" < 13;
CREATE INDEX "Post_title_idx" ON "Post"("title");
