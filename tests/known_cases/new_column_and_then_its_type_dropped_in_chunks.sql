-- drizzle-journal
-- A column cannot be added again where its type is gone.
-- before.sql
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
CREATE TABLE u (id int PRIMARY KEY, a int);
CREATE TYPE kind AS ENUM ('a', 'b');

-- rows
INSERT INTO t SELECT i, i, 'b' || i FROM generate_series(1, 30) i;
INSERT INTO u SELECT i, i FROM generate_series(1, 30) i;

-- migration.sql
ALTER TABLE t ADD COLUMN k kind DEFAULT 'a';
--> statement-breakpoint
CREATE INDEX u_a ON u (a);
--> statement-breakpoint
ALTER TABLE t DROP COLUMN k;
--> statement-breakpoint
DROP TYPE kind;
