-- prisma
-- A foreign key is taken away and made again with the type of the key, on the partitions that have it too.
-- expect: missing-lock-timeout
-- before.sql
CREATE TABLE users (
  id text NOT NULL,
  CONSTRAINT users_pkey PRIMARY KEY (id)
);
CREATE TABLE items (
  id integer NOT NULL,
  other text REFERENCES users (id)
) PARTITION BY LIST (id);
CREATE TABLE items_s1 PARTITION OF items DEFAULT;

-- rows
INSERT INTO users SELECT g FROM generate_series(1, 12) g;

-- migration.sql
ALTER TABLE users ALTER COLUMN id TYPE text;
