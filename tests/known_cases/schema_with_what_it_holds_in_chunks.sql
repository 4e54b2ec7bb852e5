-- drizzle-journal
-- CREATE SCHEMA takes no IF NOT EXISTS where it holds something.
-- before.sql
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
CREATE TABLE u (id int PRIMARY KEY, a int);

-- rows
INSERT INTO t SELECT i, i, 'b' || i FROM generate_series(1, 30) i;
INSERT INTO u SELECT i, i FROM generate_series(1, 30) i;

-- migration.sql
CREATE SCHEMA more CREATE TABLE notes (id int);
--> statement-breakpoint
CREATE INDEX u_a ON u (a);
