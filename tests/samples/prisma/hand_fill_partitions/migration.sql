ALTER TABLE "Event" ADD COLUMN "number" BIGSERIAL;
ALTER TABLE "Event" ADD COLUMN "draw" DOUBLE PRECISION DEFAULT random();
-- a key of a partitioned table cannot be NOT VALID before PostgreSQL 18
ALTER TABLE "Event" ADD COLUMN "userId" INTEGER DEFAULT NULL REFERENCES "User"("id");
