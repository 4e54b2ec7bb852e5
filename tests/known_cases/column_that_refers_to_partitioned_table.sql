-- prisma
-- The end of a column locks the partitioned table that it refers to, before 15 only its partitions.
-- before.sql
CREATE TABLE posts (id serial, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE orders (id integer NOT NULL, c integer REFERENCES posts);

-- migration.sql
ALTER TABLE orders DROP COLUMN c;
