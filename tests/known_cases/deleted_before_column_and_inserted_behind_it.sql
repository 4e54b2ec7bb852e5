-- prisma
-- Rows that a DELETE leaves are seen all the time, whatever an INSERT adds later.
-- before.sql
CREATE TABLE users (id integer, status bigint);

-- rows
INSERT INTO users SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
DELETE FROM users WHERE id > 5;
ALTER TABLE users ADD COLUMN seen timestamptz DEFAULT clock_timestamp() NOT NULL CONSTRAINT seen_ck CHECK (seen > '2000-01-01');
DELETE FROM users WHERE status IS NULL;
INSERT INTO users (id, status, seen) VALUES (9001, 0, '2024-01-01');
