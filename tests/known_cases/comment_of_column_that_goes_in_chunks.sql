-- drizzle-journal
-- A comment fails where the column that it speaks of is gone.
-- before.sql
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
CREATE TABLE u (id int PRIMARY KEY, a int);

-- rows
INSERT INTO t SELECT i, i, 'b' || i FROM generate_series(1, 30) i;
INSERT INTO u SELECT i, i FROM generate_series(1, 30) i;

-- migration.sql
COMMENT ON COLUMN t.b IS 'a note';
--> statement-breakpoint
CREATE INDEX u_a ON u (a);
--> statement-breakpoint
ALTER TABLE t DROP COLUMN b;
