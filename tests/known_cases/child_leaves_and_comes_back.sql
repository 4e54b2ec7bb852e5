-- prisma
-- The rows of a child are rows of its parent, before and after, and so between the two.
-- before.sql
CREATE TABLE logs (id integer NOT NULL, name text);
CREATE TABLE old (own integer) INHERITS (logs);

-- rows
INSERT INTO old SELECT n, n, n FROM generate_series(1, 12) n;

-- migration.sql
ALTER TABLE old NO INHERIT logs;
ALTER TABLE logs OWNER TO CURRENT_USER;
ALTER TABLE old INHERIT logs;
