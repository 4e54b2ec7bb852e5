CREATE TABLE "Invoice" (
    "id" SERIAL PRIMARY KEY,
    "amount" INTEGER DEFAULT 0,
    "updatedAt" TIMESTAMP(3) NOT NULL
);
CREATE FUNCTION "touch"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW."updatedAt" := '2020-01-01'; RETURN NEW; END $$;
CREATE TRIGGER "Invoice_touch" BEFORE INSERT OR UPDATE ON "Invoice" FOR EACH ROW EXECUTE FUNCTION "touch"();
-- three that do not fire: for another column, disabled, dropped
CREATE TABLE "Order" (
    "id" SERIAL PRIMARY KEY,
    "amount" INTEGER,
    "updatedAt" TIMESTAMP(3)
);
CREATE TRIGGER "Order_amount" BEFORE UPDATE OF "amount" ON "Order" FOR EACH ROW EXECUTE FUNCTION "touch"();
CREATE TRIGGER "Order_touch" BEFORE UPDATE ON "Order" FOR EACH ROW EXECUTE FUNCTION "touch"();
ALTER TABLE "Order" DISABLE TRIGGER "Order_touch";
CREATE TRIGGER "Order_old" BEFORE UPDATE ON "Order" FOR EACH ROW EXECUTE FUNCTION "touch"();
ALTER TRIGGER "Order_old" ON "Order" RENAME TO "Order_older";
DROP TRIGGER "Order_older" ON "Order";
CREATE TABLE "Stock" (
    "id" SERIAL PRIMARY KEY
);
CREATE TABLE "Stock_log" (
    "id" INTEGER
);
CREATE RULE "Stock_changes" AS ON UPDATE TO "Stock" DO ALSO INSERT INTO "Stock_log" VALUES (NEW."id");
