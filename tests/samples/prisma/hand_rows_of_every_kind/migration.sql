UPDATE "Post" SET "title" = "User"."email" FROM "User" WHERE "Post"."authorId" = "User"."id";
UPDATE "User" SET "name" = "email" WHERE "name" IS NULL;
UPDATE "User" SET "age" = 20 WHERE "age" IS NULL;
UPDATE "User" SET "age" = 21 WHERE "id" = 1;
UPDATE "User" SET "name" = v."name" FROM (VALUES (1, 'a'), (2, 'b')) AS v ("id", "name") WHERE "User"."id" = v."id";
DELETE FROM "Post" WHERE NOT EXISTS (SELECT 1 FROM "User" WHERE "User"."id" = "Post"."authorId");
DELETE FROM "Post" USING "User" WHERE "User"."id" = "Post"."authorId" AND "User"."age" > 100;
