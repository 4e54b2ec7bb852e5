-- prisma
-- Whoever reads a partition locks its indexes, which leave their parents under a lock that blocks reads.
-- before.sql
CREATE TABLE users (id integer NOT NULL, CONSTRAINT users_pkey PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE users_low PARTITION OF users FOR VALUES FROM (MINVALUE) TO (1000);
CREATE TABLE plain (id integer NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE plain_low PARTITION OF plain FOR VALUES FROM (MINVALUE) TO (1000);

-- rows
INSERT INTO users SELECT n FROM generate_series(1, 30) n;
INSERT INTO plain SELECT n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE users DETACH PARTITION users_low;
