-- prisma
-- An INSERT with more expressions than columns is refused when it is read: what stands before it is not committed alone.
-- expect: failing-statement
-- before.sql
CREATE TABLE orders (
  id serial
);
CREATE TABLE items (
  id serial,
  paid boolean,
  qty bigserial,
  note varchar(20) DEFAULT 'a'
);

-- rows
INSERT INTO items (paid, note) SELECT n % 2 = 0, n::text FROM generate_series(1, 30) n;

-- migration.sql
DROP TABLE orders CASCADE;

UPDATE items SET paid = false;

CREATE TABLE archive (
  id bigint
);

INSERT INTO archive SELECT * FROM items ON CONFLICT DO NOTHING;
