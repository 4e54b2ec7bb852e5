-- prisma
-- Dropping a column drops its index: another one may have its name.
-- before.sql
CREATE TABLE "U" ("id" int PRIMARY KEY, "email" text, "mail" text);
CREATE INDEX "u_idx" ON "U"("email");

-- rows
INSERT INTO "U" SELECT g, 'e' || g, 'm' || g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "U" DROP COLUMN "email";
CREATE INDEX "u_idx" ON "U"("mail");
