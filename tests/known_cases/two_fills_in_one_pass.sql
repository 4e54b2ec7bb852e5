-- prisma
-- columns that are filled in one pass: a value is assigned to its column's type, and is NULL for some rows
-- before.sql
CREATE TABLE items (id bigint PRIMARY KEY, a integer);
CREATE TABLE t (id integer PRIMARY KEY, a integer);

-- rows
INSERT INTO items SELECT n, n FROM generate_series(1, 30) n;

INSERT INTO t SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE items ADD COLUMN big bigint DEFAULT 9007199254740993 + 0 * random()::int,
  ADD COLUMN perhaps text DEFAULT nullif('x', left('x', (random() + 1)::int)),
  ADD COLUMN at timestamp DEFAULT '2026-01-01'::timestamptz + 0 * (clock_timestamp() - '2026-01-01'::timestamptz);
ALTER TABLE t ADD COLUMN b integer, ADD COLUMN c integer;
ALTER TABLE t DROP COLUMN a;
