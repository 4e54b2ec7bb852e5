-- prisma
-- A new serial column gets another default at once: which row gets which number is no promise.
-- before.sql
CREATE TABLE posts (id integer NOT NULL, x text);

-- rows
INSERT INTO posts (id, x) SELECT n, n::text FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE posts ADD COLUMN number bigserial,
  ALTER COLUMN number SET DEFAULT 7;
