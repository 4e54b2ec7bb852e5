-- prisma
-- What a migration drops and makes again under the same name is replaced, also where nobody sees how it was made.
-- before.sql
CREATE TABLE p (id integer PRIMARY KEY);
DO $$
BEGIN
  EXECUTE concat('CREATE TABLE ', 't (id integer PRIMARY KEY, x integer CONSTRAINT t_x_fkey REFERENCES p (id), y integer NOT NULL,',
    ' CONSTRAINT t_y_check CHECK (y > 0), CONSTRAINT t_y_key UNIQUE (y))');
  EXECUTE concat('CREATE UNIQUE INDEX ', 't_x_idx ON t (x)');
END
$$;
-- rows
INSERT INTO p SELECT generate_series(1, 40);
INSERT INTO t SELECT i, i, i FROM generate_series(1, 40) AS i;
-- migration.sql
ALTER TABLE t DROP CONSTRAINT t_x_fkey;
ALTER TABLE t ADD CONSTRAINT t_x_fkey FOREIGN KEY (x) REFERENCES p (id) ON DELETE CASCADE;
ALTER TABLE t DROP CONSTRAINT t_y_check, ADD CONSTRAINT t_y_check CHECK (y > -1);
ALTER TABLE t DROP CONSTRAINT t_y_key;
ALTER TABLE t ADD CONSTRAINT t_y_key UNIQUE (y, x);
DROP INDEX t_x_idx;
CREATE UNIQUE INDEX t_x_idx ON t (x, id);
