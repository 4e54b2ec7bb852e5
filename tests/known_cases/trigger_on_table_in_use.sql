-- prisma
-- CREATE TRIGGER takes SHARE ROW EXCLUSIVE.
-- expect: missing-lock-timeout
-- before.sql
CREATE TABLE "Payment" ("id" TEXT NOT NULL, "amount" INTEGER NOT NULL, CONSTRAINT "Payment_pkey" PRIMARY KEY ("id"));
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;

-- rows
INSERT INTO "Payment" SELECT g::text, g FROM generate_series(1, 30) g;

-- migration.sql
CREATE TRIGGER "payment_touch" BEFORE UPDATE ON "Payment" FOR EACH ROW EXECUTE FUNCTION touch();
