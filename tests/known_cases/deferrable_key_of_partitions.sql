-- drizzle-journal
-- The foreign keys of partitions follow their parent's, under a lock on each.
-- before.sql
CREATE TABLE t (id integer PRIMARY KEY);
CREATE TABLE items (id integer, b integer, CONSTRAINT items_b_fkey FOREIGN KEY (b) REFERENCES t (id)) PARTITION BY RANGE (id);
CREATE TABLE items_low PARTITION OF items FOR VALUES FROM (MINVALUE) TO (1000);

-- rows
INSERT INTO t SELECT n FROM generate_series(1, 30) n;
INSERT INTO items SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE items ALTER CONSTRAINT items_b_fkey DEFERRABLE INITIALLY DEFERRED;
