CREATE TABLE "Op" (
    "id" SERIAL NOT NULL,
    "keys" TEXT[],

    CONSTRAINT "Op_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "Op_keys_idx" ON "Op" USING GIN ("keys");
