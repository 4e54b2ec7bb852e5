-- prisma
-- A column takes from a query what is assigned to its type by a cast of PostgreSQL's own, and no text for a number.
-- expect: failing-statement
-- before.sql
CREATE TABLE items (
  id serial,
  paid boolean,
  note varchar(20) DEFAULT 'a'
);

-- rows
INSERT INTO items (paid, note) SELECT n % 2 = 0, n::text FROM generate_series(1, 30) n;

-- migration.sql
UPDATE items SET paid = false;

CREATE TABLE archive (
  id bigint,
  amount numeric,
  note text
);

INSERT INTO archive SELECT * FROM items;
