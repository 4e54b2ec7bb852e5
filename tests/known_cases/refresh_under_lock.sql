-- prisma
-- REFRESH reads what its view is about while the transaction holds the lock of an earlier statement, also where the view is new.
-- expect: work-under-lock
-- before.sql
CREATE TABLE orders (id int PRIMARY KEY, a int);
CREATE TABLE users (id int PRIMARY KEY, a int);
CREATE MATERIALIZED VIEW sums AS SELECT a FROM orders;

-- rows
INSERT INTO orders SELECT g, g FROM generate_series(1, 30) g;
INSERT INTO users SELECT g, g FROM generate_series(1, 30) g;

-- migration.sql
BEGIN;
SET LOCAL lock_timeout = '1s';
CREATE MATERIALIZED VIEW counts AS SELECT count(*) FROM orders WITH NO DATA;
ALTER TABLE users ADD COLUMN b int;
REFRESH MATERIALIZED VIEW counts;
REFRESH MATERIALIZED VIEW sums;
COMMIT;
