-- RenameColumn
ALTER TABLE "Post" RENAME COLUMN "title" TO "headline";

ALTER TABLE "Post" RENAME COLUMN "votes" TO "points";
