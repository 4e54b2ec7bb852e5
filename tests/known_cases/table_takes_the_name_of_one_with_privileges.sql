-- prisma
-- The owner of a table may do all with it, also where nothing is written down of its privileges.
-- before.sql
CREATE TABLE t (id text NOT NULL, b varchar(255) NOT NULL);
CREATE TABLE logs (id bigint);
REVOKE SELECT, INSERT ON logs FROM pg_monitor;

-- rows
INSERT INTO t SELECT n::text, n::text FROM generate_series(1, 30) n;
INSERT INTO logs SELECT n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE logs RENAME TO logs_old;

ALTER TABLE t RENAME TO logs;

DROP TABLE logs_old;

CREATE UNIQUE INDEX t_b_key ON logs (b);

GRANT SELECT, INSERT ON logs TO PUBLIC;
