ALTER TABLE "User" ADD CONSTRAINT "User_email_unique" UNIQUE ("email");
ALTER TABLE "Post" ADD UNIQUE ("slug", "authorId"), ADD CONSTRAINT "Post_title_key" UNIQUE ("title") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "Post" ADD CONSTRAINT "Post_slug_covering" UNIQUE ("slug") INCLUDE ("views");
