-- prisma
-- A foreign key that points at a partitioned table has one for each partition, named when it is made.
-- before.sql
CREATE TABLE users (id bigint, CONSTRAINT users_pkey PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE logs (id integer NOT NULL, a bigint REFERENCES users (id) ON DELETE CASCADE);
CREATE TABLE users_p0 PARTITION OF users FOR VALUES FROM (MINVALUE) TO (1000);

-- rows
INSERT INTO users (id) SELECT n FROM generate_series(1, 30) n;
INSERT INTO logs (id, a) SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE logs DROP CONSTRAINT logs_a_fkey;

ALTER TABLE logs ADD CONSTRAINT logs_a_fkey FOREIGN KEY (a) REFERENCES users (id) ON DELETE RESTRICT ON UPDATE CASCADE;
