-- prisma
-- DROP TABLE of a table that inherits locks no parent; of a partition it locks the partitioned table and its DEFAULT partition.
-- before.sql
CREATE TABLE logs (id int NOT NULL);
CREATE TABLE archive (year int) INHERITS (logs);
CREATE TABLE events (id int NOT NULL, at date) PARTITION BY RANGE (at);
CREATE TABLE events_old PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE events_gone PARTITION OF events FOR VALUES FROM ('2019-01-01') TO ('2020-01-01');
CREATE TABLE events_rest PARTITION OF events DEFAULT;

-- rows
INSERT INTO logs SELECT generate_series(1, 30);
INSERT INTO archive SELECT g, 2000 FROM generate_series(1, 30) g;
INSERT INTO events SELECT g, '2020-05-05' FROM generate_series(1, 30) g;
INSERT INTO events SELECT g, '2019-05-05' FROM generate_series(1, 30) g;

-- migration.sql
DROP TABLE archive;

DROP TABLE events_old;

ALTER TABLE events DETACH PARTITION events_gone;
