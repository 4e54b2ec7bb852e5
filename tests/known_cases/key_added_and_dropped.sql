-- prisma
-- A key takes its index, and the index goes with the key: that does not run a second time.
-- before.sql
CREATE TABLE t (id serial, c timestamp(3));
CREATE TABLE users (LIKE t INCLUDING ALL);

-- migration.sql
ALTER TABLE t ALTER COLUMN c SET NOT NULL;
ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE users DROP CONSTRAINT users_pkey;
