-- NULL in every row where no tenant is set
ALTER TABLE "Log" ADD COLUMN "tenant" TEXT DEFAULT "tenant"();
ALTER TABLE "Log" ADD COLUMN "key" UUID NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE "Log" ALTER COLUMN "level" SET NOT NULL;
ALTER TABLE "Reading" ADD COLUMN "key" UUID DEFAULT gen_random_uuid();
