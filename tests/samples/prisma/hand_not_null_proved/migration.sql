-- a validated check proves it: nothing to do
ALTER TABLE "User" ALTER COLUMN "name" SET NOT NULL;
-- this one has a default since long ago
ALTER TABLE "Post" ALTER COLUMN "rank" SET NOT NULL;
