-- prisma
-- A DO block in which no statement of SQL stands asks, raises and calls functions all the same: it must not go.
-- before.sql
CREATE TABLE items (id integer PRIMARY KEY, name text, qty integer);
CREATE TABLE log (id serial PRIMARY KEY, note text);
CREATE FUNCTION note(what text) RETURNS void LANGUAGE sql AS $$ INSERT INTO log (note) VALUES (what) $$;

-- rows
INSERT INTO items (id, name, qty) SELECT n, n::text, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE items ADD COLUMN a integer;

DO $$ BEGIN
  PERFORM note('begun');
END $$;

CREATE INDEX items_name_idx ON items (name);

DO $$ BEGIN
  IF EXISTS (SELECT FROM items WHERE qty IS NULL) THEN
    RAISE EXCEPTION 'no quantity';
  END IF;
END $$;

ALTER TABLE items ALTER COLUMN qty SET NOT NULL;
