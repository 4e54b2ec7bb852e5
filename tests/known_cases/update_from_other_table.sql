-- prisma
-- UPDATE … FROM writes every row that joins.
-- expect: data-change
-- before.sql
CREATE TABLE "a" ("id" SERIAL NOT NULL, "x" INTEGER, CONSTRAINT "a_pkey" PRIMARY KEY ("id"));
CREATE TABLE "b" ("id" SERIAL NOT NULL, "a" INTEGER, "x" INTEGER, CONSTRAINT "b_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "a" ("x") SELECT g FROM generate_series(1, 30) g;
INSERT INTO "b" ("a") SELECT g FROM generate_series(1, 30) g;

-- migration.sql
UPDATE "b" SET "x" = "a"."x" FROM "a" WHERE "b"."a" = "a"."id";
