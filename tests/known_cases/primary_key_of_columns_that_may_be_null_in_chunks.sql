-- drizzle-journal
-- Each column of a primary key is proved by a check of its own: that one is NOT NULL says nothing of the others.
-- before.sql
CREATE TABLE a (x integer, y integer, z text);

-- rows
INSERT INTO a SELECT n, n, n::text FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE a ADD CONSTRAINT a_pkey PRIMARY KEY (x, y, z);
