-- drizzle-journal
-- A replica identity fails where the index that it names is gone.
-- before.sql
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
CREATE TABLE u (id int PRIMARY KEY, a int);
ALTER TABLE t ALTER b SET NOT NULL;
CREATE UNIQUE INDEX t_b ON t (b);

-- rows
INSERT INTO t SELECT i, i, 'b' || i FROM generate_series(1, 30) i;
INSERT INTO u SELECT i, i FROM generate_series(1, 30) i;

-- migration.sql
ALTER TABLE t REPLICA IDENTITY USING INDEX t_b;
--> statement-breakpoint
CREATE INDEX u_a ON u (a);
--> statement-breakpoint
ALTER TABLE t REPLICA IDENTITY FULL;
--> statement-breakpoint
DROP INDEX t_b;
