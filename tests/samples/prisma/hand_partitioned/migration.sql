CREATE INDEX "Event_userId_idx" ON "Event"("userId");
ALTER TABLE "Event" ADD CONSTRAINT "Event_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id");
ALTER TABLE "Event" ADD CHECK ("id" > 0);
