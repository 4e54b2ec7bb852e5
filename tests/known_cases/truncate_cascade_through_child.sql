-- prisma
-- TRUNCATE CASCADE takes what references one of the tables that inherit, too.
-- before.sql
CREATE TABLE items (id serial PRIMARY KEY);
CREATE TABLE old_items (PRIMARY KEY (id)) INHERITS (items);
CREATE TABLE logs (id serial, item_id integer REFERENCES old_items (id));

-- rows
INSERT INTO items SELECT generate_series(1, 30);
INSERT INTO old_items SELECT generate_series(101, 130);
INSERT INTO logs (item_id) SELECT generate_series(101, 130);

-- migration.sql
TRUNCATE items CASCADE;
