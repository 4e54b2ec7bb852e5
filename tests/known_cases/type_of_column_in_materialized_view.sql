-- prisma
-- With a type fall its columns, and with these the materialized views that read them.
-- before.sql
CREATE TYPE state AS ENUM ('open', 'closed');
CREATE TABLE posts (id integer, s state);
CREATE MATERIALIZED VIEW v AS SELECT s, id FROM posts;

-- rows
INSERT INTO posts SELECT n, 'open' FROM generate_series(1, 30) n;

-- migration.sql
DROP TYPE state CASCADE;
