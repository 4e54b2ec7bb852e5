-- prisma
-- Two UPDATEs commit together behind a column that is added and filled between them.
-- since: 13
-- before.sql
CREATE TABLE users (id serial, qty numeric(10,2));

-- rows
INSERT INTO users (qty) SELECT n FROM generate_series(1, 30) n;

-- migration.sql
UPDATE users SET qty = 0 WHERE id IS NOT NULL;
ALTER TABLE users ADD COLUMN kind uuid DEFAULT gen_random_uuid() CONSTRAINT kind_ck CHECK (kind IS NOT NULL);
UPDATE users SET kind = k.was FROM kept k WHERE k.id = users.id;
