BEGIN;
SET LOCAL lock_timeout = '1s';
CREATE INDEX "Post_title_idx" ON "Post"("title");
ALTER TABLE "User" ALTER COLUMN "age" DROP NOT NULL;
COMMIT;
CREATE INDEX "User_age_idx" ON "User"("age");
