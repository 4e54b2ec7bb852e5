-- prisma
-- Names have at most 63 bytes: names made of several are cut.
-- before.sql
CREATE TABLE "aBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaB" ("id" int PRIMARY KEY, "acDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcD" int, "bcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcD" int, "ccDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcD" int);
CREATE TABLE "P" (a int,b int,c int, UNIQUE(a,b,c));

-- rows
INSERT INTO "P" SELECT g, g, g FROM generate_series(1, 30) g;
INSERT INTO "aBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaB" SELECT g, g, g, g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "aBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaB" ADD CONSTRAINT "fk" FOREIGN KEY ("acDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcD", "bcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcD", "ccDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcDcD") REFERENCES "P"(a,b,c);
