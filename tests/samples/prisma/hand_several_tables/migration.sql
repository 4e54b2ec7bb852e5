-- the profile
ALTER TABLE "User" ADD COLUMN "bio" TEXT, -- shown to others
    ADD COLUMN "token" UUID DEFAULT gen_random_uuid(),
    ADD COLUMN "draw" DOUBLE PRECISION DEFAULT random(); -- for the raffle
ALTER TABLE "Post" ADD COLUMN "summary" TEXT; -- the first lines
/* nobody reads it yet */ ALTER TABLE "Team" ADD COLUMN "motto" TEXT, ADD COLUMN "founded" DATE;
ALTER TABLE "Post" ALTER COLUMN "title" SET DEFAULT ''; -- drafts have none
