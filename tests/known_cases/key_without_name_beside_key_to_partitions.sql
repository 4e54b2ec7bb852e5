-- drizzle-journal
-- Copies of a key that points at partitions have names among those of the next key without one, on 18 others than before.
-- expect: add-foreign-key
-- before.sql
CREATE TABLE items (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE items_1 PARTITION OF items FOR VALUES FROM (MINVALUE) TO (1000);
CREATE TABLE users (id int PRIMARY KEY, kind int REFERENCES items (id));

-- rows
INSERT INTO items SELECT i FROM generate_series(1, 30) i;
INSERT INTO users SELECT i, i FROM generate_series(1, 30) i;

-- migration.sql
ALTER TABLE users ADD FOREIGN KEY (kind) REFERENCES users (id) DEFERRABLE;
