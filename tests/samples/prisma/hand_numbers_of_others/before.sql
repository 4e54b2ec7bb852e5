CREATE SEQUENCE "document_numbers" START 100;

CREATE TABLE "invoices" (
    "id" SERIAL PRIMARY KEY,
    "number" BIGINT NOT NULL DEFAULT nextval('document_numbers')
);

CREATE TABLE "receipts" (
    "id" SERIAL PRIMARY KEY,
    "paid" BOOLEAN
);
