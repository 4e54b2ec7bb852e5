-- prisma
-- An index on a partitioned table takes over an equal index of a partition instead of building one.
-- before.sql
CREATE TABLE q (id int not null, a text) PARTITION BY RANGE (id);
CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (0) TO (10000);

-- rows
INSERT INTO q SELECT g,'x' FROM generate_series(1, 40) g;

-- migration.sql
CREATE INDEX q1i ON q1(a);
CREATE INDEX qi ON q(a);
