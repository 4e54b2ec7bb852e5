-- drizzle-journal
-- A sequence is renamed once, and begins once at the number that it is told.
-- before.sql
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
CREATE TABLE u (id int PRIMARY KEY, a int);
CREATE SEQUENCE s;

-- rows
INSERT INTO t SELECT i, i, 'b' || i FROM generate_series(1, 30) i;
INSERT INTO u SELECT i, i FROM generate_series(1, 30) i;

-- migration.sql
ALTER SEQUENCE s RENAME TO numbers;
--> statement-breakpoint
ALTER SEQUENCE numbers RESTART WITH 50;
--> statement-breakpoint
CREATE INDEX u_a ON u (a);
