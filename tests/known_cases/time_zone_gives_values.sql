-- prisma
-- A text or a timestamp becomes a timestamptz in the time zone that the session is set to.
-- before.sql
CREATE TABLE t (id int PRIMARY KEY, at timestamptz DEFAULT '2020-01-01 00:00', local timestamp);

-- rows
INSERT INTO t SELECT g, NULL, '2021-01-01 12:00' FROM generate_series(1, 30) g;

-- migration.sql
SET timezone TO 'Asia/Tokyo';
ALTER TABLE t ALTER COLUMN at SET DEFAULT '2022-01-01 00:00';
ALTER TABLE t ALTER COLUMN at SET NOT NULL;
ALTER TABLE t ADD CONSTRAINT t_at_check CHECK (at > '1999-12-31 20:00');
ALTER TABLE t ADD COLUMN "until" timestamptz NOT NULL DEFAULT '2030-01-01 00:00';
