ALTER TABLE "User" RENAME COLUMN "name" TO "fullName";
ALTER TABLE "Post" RENAME TO "Article";
ALTER TABLE "Article" RENAME CONSTRAINT "Post_pkey" TO "Article_pkey";
UPDATE "User" SET "age" = 30;
DELETE FROM "Article" WHERE "views" < 0;
