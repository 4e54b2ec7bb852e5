-- everything is in the shop's schema
SET search_path TO shop;

-- AddConstraint
ALTER TABLE "Item" ADD CONSTRAINT "Item_price_check" CHECK (is_price("price"));

-- CreateIndex
CREATE INDEX "Item_name_idx" ON "Item"("name");

-- CreateTable
CREATE TABLE "Sale" (
    "id" SERIAL NOT NULL,
    "itemId" INTEGER NOT NULL,

    CONSTRAINT "Sale_pkey" PRIMARY KEY ("id")
);

RESET search_path;
