-- prisma
-- An index is built between two statements that change other columns, of which the second one fails.
-- before.sql
CREATE TABLE items (id integer PRIMARY KEY, name text, qty integer, note text);

-- rows
INSERT INTO items (id, name, qty, note) SELECT n, n::text, n, n::text FROM generate_series(1, 30) n;

-- migration.sql
UPDATE items SET note = name || '!';

CREATE INDEX items_qty_idx ON items (qty);

UPDATE items SET note = k.was FROM kept k WHERE k.id = items.id;
