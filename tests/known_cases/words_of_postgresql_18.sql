-- prisma
-- NOT NULL … NOT VALID proves no row, a virtual column is computed when it is read, NOT ENFORCED is never checked: all instant.
-- since: 18
-- expect: work-under-lock
-- not: add-generated-column
-- not: add-check
-- before.sql
CREATE TABLE "Item" ("id" serial PRIMARY KEY, "sku" text, "w" integer);

-- rows
INSERT INTO "Item" ("sku", "w") SELECT 's' || g, -g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE "Item" ADD CONSTRAINT "Item_sku_required" NOT NULL "sku" NOT VALID;

ALTER TABLE "Item" VALIDATE CONSTRAINT "Item_sku_required";

ALTER TABLE "Item" ADD COLUMN "twice" integer GENERATED ALWAYS AS ("w" * 2) VIRTUAL;

ALTER TABLE "Item" ADD CONSTRAINT "Item_w_check" CHECK ("w" > 0) NOT ENFORCED;
