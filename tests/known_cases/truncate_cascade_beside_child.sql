-- prisma
-- TRUNCATE CASCADE takes the tables that reference it and their partitions, not those that inherit from them.
-- before.sql
CREATE TABLE items (id serial PRIMARY KEY);
CREATE TABLE logs (id serial, item_id integer REFERENCES items (id));
CREATE TABLE old_logs (own integer) INHERITS (logs);
CREATE TABLE parts (id serial, item_id integer REFERENCES items (id)) PARTITION BY RANGE (id);
CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (100);

-- rows
INSERT INTO items SELECT generate_series(1, 30);
INSERT INTO logs (item_id) SELECT generate_series(1, 30);
INSERT INTO old_logs (item_id) SELECT generate_series(1, 30);
INSERT INTO parts (item_id) SELECT generate_series(1, 30);

-- migration.sql
TRUNCATE items CASCADE;
