-- prisma
-- What a text that is put together at run time takes from a table and a statement behind it gives back is missing at no moment.
-- before.sql
CREATE TABLE logs (id integer PRIMARY KEY, made timestamptz DEFAULT now() NOT NULL, n integer);

-- rows
INSERT INTO logs SELECT n, now(), n FROM generate_series(1, 30) n;

-- migration.sql
DO $$
BEGIN
  EXECUTE format('ALTER TABLE %s ALTER COLUMN made DROP NOT NULL', 'logs'::regclass);
END
$$;
CREATE INDEX logs_n_idx ON logs (n);
ALTER TABLE logs ALTER COLUMN made SET NOT NULL;
