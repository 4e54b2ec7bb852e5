-- prisma
-- RELEASE of a savepoint outside a transaction fails, and takes all back.
-- before.sql
CREATE TABLE logs (id integer, status integer);
CREATE TABLE users (id integer);

-- rows
INSERT INTO logs SELECT n, n FROM generate_series(1, 30) n;
INSERT INTO users SELECT n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE logs ALTER COLUMN status TYPE text;
DELETE FROM users WHERE id > 8;
RELEASE SAVEPOINT here;
