CREATE TABLE "Team" ("id" SERIAL PRIMARY KEY, "owner" INTEGER, "second" INTEGER);
ALTER TABLE "Team" ADD CONSTRAINT "Team_owner_fkey" FOREIGN KEY ("owner") REFERENCES "public"."User"("id");
ALTER TABLE "Team" ADD CONSTRAINT "Team_second_fkey" FOREIGN KEY ("second") REFERENCES "User"("id");
