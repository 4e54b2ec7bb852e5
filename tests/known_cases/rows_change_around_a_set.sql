-- prisma
-- A statement that fails takes back what the one before it did to the rows, also when something stands between them.
-- before.sql
CREATE TABLE users (id integer NOT NULL, name timestamp(3) UNIQUE, parent timestamptz, amount jsonb, kind numeric(10,2));

-- rows
INSERT INTO users SELECT n, timestamp '2024-01-01' + n * interval '1 day', now(), jsonb_build_object('n', n), n FROM generate_series(1, 12) n;

-- migration.sql
UPDATE users SET kind = 1.50 WHERE id = 1;
SET session_replication_role = replica;
UPDATE users SET parent = amount::timestamptz WHERE id = 1;
ALTER TABLE users DROP CONSTRAINT users_name_key;
