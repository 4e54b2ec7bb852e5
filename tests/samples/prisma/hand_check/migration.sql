-- ages are of people
ALTER TABLE "User" ADD CONSTRAINT "User_age_check" CHECK ("age" >= 0 AND "age" < 200);
ALTER TABLE "Post" ADD CHECK (views >= 0), ADD CHECK ("title" <> "slug" OR "title" IS NOT NULL);
