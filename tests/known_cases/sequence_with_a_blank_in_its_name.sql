-- prisma
-- What counts with a sequence stands behind it, also where the name is no word.
-- before.sql
CREATE TABLE items (id integer NOT NULL, qty text);
CREATE TABLE users (id serial, qty text);

-- rows
INSERT INTO items SELECT n, 'x' FROM generate_series(1, 30) n;

-- migration.sql
CREATE INDEX items_qty_idx ON items (qty);

ALTER TABLE users DROP COLUMN qty;

CREATE SEQUENCE "items_two words_seq";
ALTER TABLE items ADD COLUMN "two words" integer;
UPDATE items SET "two words" = nextval('"items_two words_seq"') WHERE "two words" IS NULL;
