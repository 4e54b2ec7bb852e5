-- prisma
-- DROP COLUMN, ADD COLUMN and ADD PRIMARY KEY of one ALTER TABLE change the key at once.
-- expect: retype-by-drop
-- expect: add-primary-key
-- before.sql
CREATE TABLE "t" ("id" TEXT NOT NULL, CONSTRAINT "t_pkey" PRIMARY KEY ("id"));

-- rows
INSERT INTO t SELECT g::text FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "t" DROP CONSTRAINT "t_pkey",
DROP COLUMN "id",
ADD COLUMN     "id" SERIAL NOT NULL,
ADD CONSTRAINT "t_pkey" PRIMARY KEY ("id");
