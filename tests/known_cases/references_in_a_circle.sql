-- prisma
-- A name with and without its schema means the same table.
-- before.sql
CREATE TABLE "a" ("id" SERIAL NOT NULL, "r" INTEGER, CONSTRAINT "a_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO "a" ("r") SELECT NULL FROM generate_series(1, 30) g;

-- migration.sql
CREATE TABLE "r" ("id" SERIAL NOT NULL, "a" INTEGER, CONSTRAINT "r_pkey" PRIMARY KEY ("id"));
ALTER TABLE "r" ADD CONSTRAINT "r_a_fkey" FOREIGN KEY ("a") REFERENCES "public"."a"("id");
ALTER TABLE "a" ADD CONSTRAINT "a_r_fkey" FOREIGN KEY ("r") REFERENCES "public"."r"("id");
