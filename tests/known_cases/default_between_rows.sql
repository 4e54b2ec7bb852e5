-- prisma
-- A default is set between two statements that change rows and name their columns: they stay one transaction without it.
-- before.sql
CREATE TABLE parents (id integer PRIMARY KEY);
CREATE TABLE items (id integer PRIMARY KEY, parent_id integer REFERENCES parents (id), note text);

-- rows
INSERT INTO parents (id) SELECT n FROM generate_series(1, 30) n;
INSERT INTO items (id, parent_id, note) SELECT n, n, n::text FROM generate_series(1, 30) n;

-- migration.sql
UPDATE items AS t SET parent_id = 1 WHERE t.parent_id IS NOT NULL;

ALTER TABLE items ALTER COLUMN note SET DEFAULT 'x';

INSERT INTO items (id, parent_id, note) VALUES (99, 42, 'y');
