-- prisma
-- A table that is created may refer to itself, and to a unique index made just before.
-- before.sql
CREATE TABLE "U" ("id" int PRIMARY KEY, "a" int);

-- rows
INSERT INTO "U" SELECT g, g FROM generate_series(1, 30) g;

-- migration.sql
CREATE UNIQUE INDEX "U_a_key" ON "U"("a");
CREATE TABLE "X" ("id" int PRIMARY KEY, "p" int REFERENCES "X"("id"), "u_a" int REFERENCES "U"("a"), "q" int REFERENCES "X"("id"));
