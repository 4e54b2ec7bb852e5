-- drizzle-journal
-- What is written under the name that another table has taken goes with that one.
-- before.sql
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
CREATE TABLE u (id int PRIMARY KEY, a int);

-- rows
INSERT INTO t SELECT i, i, 'b' || i FROM generate_series(1, 30) i;
INSERT INTO u SELECT i, i FROM generate_series(1, 30) i;

-- migration.sql
ALTER TABLE t RENAME TO things;
--> statement-breakpoint
ALTER TABLE u RENAME TO t;
--> statement-breakpoint
DROP TABLE t;
--> statement-breakpoint
ALTER TABLE things ADD CONSTRAINT things_b_key UNIQUE (b);
