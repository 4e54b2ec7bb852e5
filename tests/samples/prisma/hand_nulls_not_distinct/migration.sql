-- PostgreSQL 15 and later
ALTER TABLE "User" ADD CONSTRAINT "User_name_key" UNIQUE NULLS NOT DISTINCT ("name");
CREATE UNIQUE INDEX "Post_parentId_key" ON "Post"("parentId") NULLS NOT DISTINCT WHERE "views" > 0;
