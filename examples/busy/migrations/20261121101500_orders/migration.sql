-- AlterTable
ALTER TABLE "Order" ALTER COLUMN "note" SET NOT NULL;

-- CreateIndex
CREATE INDEX "Order_customerId_idx" ON "Order"("customerId");

-- AddForeignKey
ALTER TABLE "Order" ADD CONSTRAINT "Order_customerId_fkey" FOREIGN KEY ("customerId") REFERENCES "Customer"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddUniqueKey
ALTER TABLE "Customer" ADD CONSTRAINT "Customer_email_key" UNIQUE ("email");

-- AlterTable
ALTER TABLE "Order" ADD COLUMN     "token" TEXT NOT NULL DEFAULT md5((random())::text);
