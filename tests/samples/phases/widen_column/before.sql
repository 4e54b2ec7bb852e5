-- CreateTable
CREATE TABLE "Counter" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "hits" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "Counter_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Counter_hits_idx" ON "Counter"("hits");

-- CreateIndex
CREATE UNIQUE INDEX "Counter_hits_name_key" ON "Counter"("hits", "name");

-- what Prisma does not see
CREATE INDEX "Counter_hot" ON "Counter"("name") WHERE "hits" > 100;

ALTER TABLE "Counter" ADD CONSTRAINT "Counter_hits_check" CHECK ("hits" <> -1);
