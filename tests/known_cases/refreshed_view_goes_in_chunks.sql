-- drizzle-journal
-- A materialized view that is gone is not refreshed.
-- before.sql
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
CREATE TABLE u (id int PRIMARY KEY, a int);
CREATE MATERIALIZED VIEW m AS SELECT id, a FROM t;

-- rows
INSERT INTO t SELECT i, i, 'b' || i FROM generate_series(1, 30) i;
INSERT INTO u SELECT i, i FROM generate_series(1, 30) i;

-- migration.sql
REFRESH MATERIALIZED VIEW m;
--> statement-breakpoint
CREATE INDEX u_a ON u (a);
--> statement-breakpoint
DROP MATERIALIZED VIEW IF EXISTS m;
