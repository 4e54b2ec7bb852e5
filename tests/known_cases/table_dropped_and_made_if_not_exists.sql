-- prisma
-- A table that the migration has dropped is new where IF NOT EXISTS makes it.
-- before.sql
CREATE TABLE t (id serial PRIMARY KEY);
CREATE TABLE users (id text NOT NULL);

-- rows
INSERT INTO t SELECT FROM generate_series(1, 30) n;

-- migration.sql
DROP TABLE users;
CREATE TABLE IF NOT EXISTS users (
  qty integer REFERENCES t (id) ON DELETE CASCADE
);
ALTER TABLE users DROP CONSTRAINT users_qty_fkey;
ALTER TABLE users ADD CONSTRAINT users_qty_fkey FOREIGN KEY (qty) REFERENCES t (id);
