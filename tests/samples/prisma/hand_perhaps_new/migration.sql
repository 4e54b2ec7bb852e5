CREATE TABLE IF NOT EXISTS "User" ("id" INTEGER PRIMARY KEY, "email" TEXT);
CREATE INDEX "User_email_idx" ON "User"("email");
