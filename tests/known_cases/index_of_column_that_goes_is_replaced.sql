-- prisma
-- The index of a column that goes is replaced by one without it: built first, then the old one and the column go.
-- before.sql
CREATE TABLE customers (id text NOT NULL, email text NOT NULL, code text, CONSTRAINT customers_pkey PRIMARY KEY (id));
CREATE UNIQUE INDEX customers_email_code_key ON customers (email, code);

-- rows
INSERT INTO customers SELECT n::text, n::text, n::text FROM generate_series(1, 12) n;

-- migration.sql
DROP INDEX customers_email_code_key;
ALTER TABLE customers DROP COLUMN code, ADD COLUMN tier integer;
UPDATE customers SET tier = 1 WHERE email LIKE '%1';
CREATE UNIQUE INDEX customers_email_key ON customers (email);
