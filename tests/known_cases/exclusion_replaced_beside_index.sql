-- prisma
-- what an exclusion constraint keeps out is kept out at every moment where another one of the same columns takes its place
-- before.sql
CREATE TABLE "r" ("id" SERIAL PRIMARY KEY, "n" INTEGER, "box" BOX, CONSTRAINT "no_overlap" EXCLUDE USING gist ("box" WITH &&));
-- rows
INSERT INTO "r" ("n", "box") SELECT g, box(point(g * 3, 0), point(g * 3 + 1, 1)) FROM generate_series(1, 30) g;
-- migration.sql
ALTER TABLE "r" DROP CONSTRAINT "no_overlap";
ALTER TABLE "r" ADD CONSTRAINT "no_overlap" EXCLUDE USING gist ("box" WITH &&) WHERE ("n" > 3);
CREATE INDEX "r_n_idx" ON "r"("n");
