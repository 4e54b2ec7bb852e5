-- drizzle-journal
-- A comment on a part of a domain fails where the domain is gone.
-- before.sql
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
CREATE TABLE u (id int PRIMARY KEY, a int);
CREATE DOMAIN d AS int CONSTRAINT plus CHECK (VALUE > -1);

-- rows
INSERT INTO t SELECT i, i, 'b' || i FROM generate_series(1, 30) i;
INSERT INTO u SELECT i, i FROM generate_series(1, 30) i;

-- migration.sql
COMMENT ON CONSTRAINT plus ON DOMAIN d IS 'not less';
--> statement-breakpoint
CREATE INDEX u_a ON u (a);
--> statement-breakpoint
DROP DOMAIN IF EXISTS d;
