-- prisma
-- UPDATE fires row triggers, which may write to other tables.
-- expect: add-column-default
-- before.sql
CREATE TABLE "Invoice" ("id" SERIAL NOT NULL, "amount" INTEGER NOT NULL, "updatedAt" TIMESTAMP(3) NOT NULL, CONSTRAINT "Invoice_pkey" PRIMARY KEY ("id"));
CREATE TABLE "Audit" ("id" SERIAL NOT NULL, "what" TEXT NOT NULL, CONSTRAINT "Audit_pkey" PRIMARY KEY ("id"));
CREATE FUNCTION invoice_touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW."updatedAt" := now(); INSERT INTO "Audit"("what") VALUES ('changed ' || NEW."id"); RETURN NEW; END $$;
CREATE TRIGGER "invoice_upd" BEFORE UPDATE ON "Invoice" FOR EACH ROW EXECUTE FUNCTION invoice_touch();

-- rows
INSERT INTO "Invoice"("amount","updatedAt") SELECT g,'2020-01-01' FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE "Invoice" ADD COLUMN "publicId" UUID NOT NULL DEFAULT gen_random_uuid();
