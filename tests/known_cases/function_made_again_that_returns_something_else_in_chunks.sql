-- drizzle-journal
-- A function is not replaced by one that returns something else.
-- before.sql
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
CREATE TABLE u (id int PRIMARY KEY, a int);
CREATE FUNCTION g(i int) RETURNS int LANGUAGE sql AS 'SELECT i';

-- rows
INSERT INTO t SELECT i, i, 'b' || i FROM generate_series(1, 30) i;
INSERT INTO u SELECT i, i FROM generate_series(1, 30) i;

-- migration.sql
CREATE OR REPLACE FUNCTION g(i int) RETURNS int LANGUAGE sql AS 'SELECT i + 1';
--> statement-breakpoint
CREATE INDEX u_a ON u (a);
--> statement-breakpoint
DROP FUNCTION IF EXISTS g(int);
--> statement-breakpoint
CREATE OR REPLACE FUNCTION g(i int) RETURNS text LANGUAGE sql AS 'SELECT i::text';
