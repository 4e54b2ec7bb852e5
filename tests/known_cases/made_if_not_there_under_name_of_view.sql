-- prisma
-- Relations of all kinds share their names: IF NOT EXISTS makes neither a table nor an index under the name of a view, and locks less then.
-- before.sql
CREATE TABLE users (id integer PRIMARY KEY, kind integer);
CREATE VIEW v AS SELECT id, kind FROM users;
CREATE SEQUENCE s;

-- rows
INSERT INTO users SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
CREATE TABLE IF NOT EXISTS v (kind integer REFERENCES users (id));
CREATE TABLE IF NOT EXISTS s (kind integer REFERENCES users (id));
CREATE TABLE IF NOT EXISTS users_pkey (kind integer REFERENCES users (id));
ALTER TABLE users ADD COLUMN more integer;
