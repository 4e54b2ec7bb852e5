-- prisma
-- A string constant may hold a line break.
-- before.sql
CREATE TABLE "A" ("id" int PRIMARY KEY);

-- rows
INSERT INTO "A" SELECT g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "A" ADD COLUMN "tpl" text DEFAULT 'line1
line2';
