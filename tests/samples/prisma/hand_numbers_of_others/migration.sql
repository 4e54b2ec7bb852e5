-- Receipts are counted with the invoices.
ALTER TABLE "receipts" ADD COLUMN "number" BIGINT NOT NULL DEFAULT nextval('document_numbers');
