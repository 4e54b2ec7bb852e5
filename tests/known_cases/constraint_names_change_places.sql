-- drizzle-folders
-- A rename that is done shows in the catalog, unless a later statement gives the old name to something else.
-- expect: add-check
-- before.sql
CREATE TABLE p (id int primary key);
CREATE TABLE t (id int primary key, a text, n int);
ALTER TABLE t ADD CONSTRAINT c1 CHECK (n>0), ADD CONSTRAINT c2 CHECK (n>-1);

-- rows
INSERT INTO t SELECT g, g::text, g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE t RENAME CONSTRAINT c1 TO c3;
--> statement-breakpoint
ALTER TABLE t RENAME CONSTRAINT c2 TO c1;
--> statement-breakpoint
ALTER TABLE t ADD CONSTRAINT c2 CHECK (n > -2);
