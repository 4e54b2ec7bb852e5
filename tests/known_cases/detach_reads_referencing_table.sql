-- prisma
-- DETACH PARTITION reads the rows of the tables that refer to the partitioned table, with their writers locked out.
-- expect: blocking-operation
-- before.sql
CREATE TABLE q (id int primary key) PARTITION BY RANGE (id);
CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (0) TO (1000);
CREATE TABLE q2 PARTITION OF q FOR VALUES FROM (1000) TO (2000);
CREATE TABLE r (id int primary key, qid int REFERENCES q(id));

-- rows
INSERT INTO q SELECT g FROM generate_series(1, 1500) g;
INSERT INTO r SELECT g, 1000 + g FROM generate_series(1, 60) g;

-- migration.sql
ALTER TABLE q DETACH PARTITION q1;
