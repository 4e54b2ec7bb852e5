-- drizzle-journal
-- A view is not replaced by one with fewer columns.
-- before.sql
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
CREATE TABLE u (id int PRIMARY KEY, a int);
CREATE VIEW v AS SELECT id FROM t;

-- rows
INSERT INTO t SELECT i, i, 'b' || i FROM generate_series(1, 30) i;
INSERT INTO u SELECT i, i FROM generate_series(1, 30) i;

-- migration.sql
CREATE OR REPLACE VIEW v AS SELECT id, a FROM t;
--> statement-breakpoint
CREATE INDEX u_a ON u (a);
--> statement-breakpoint
CREATE OR REPLACE VIEW v AS SELECT id, a, b FROM t;
