-- AlterTable
ALTER TABLE "Plan" DROP COLUMN "access",
ADD COLUMN     "customer" TEXT;

-- DropEnum
DROP TYPE "Access";

-- CreateIndex
CREATE UNIQUE INDEX "Plan_customer_key" ON "Plan"("customer");

-- CreateIndex
CREATE UNIQUE INDEX "Plan_email_key" ON "Plan"("email");
