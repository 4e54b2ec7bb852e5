SET lock_timeout = '1s';
SET statement_timeout = '3s';
CREATE INDEX "Post_title_idx" ON "Post"("title");
ALTER TABLE "User" ADD CONSTRAINT "User_age_check" CHECK ("age" >= 0);
