-- prisma
-- ONLY takes a column from the parent alone, and locks those that inherit it all the same.
-- before.sql
CREATE TABLE logs (id integer, parent_id integer, CONSTRAINT k CHECK (id > 0));
CREATE TABLE lines (own integer) INHERITS (logs);

-- rows
INSERT INTO lines SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE ONLY logs DROP COLUMN parent_id;
ALTER TABLE ONLY logs DROP CONSTRAINT k;
