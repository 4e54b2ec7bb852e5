-- prisma
-- What is made goes to the first schema of search_path, what is there is found in the first that has it.
-- before.sql
CREATE SCHEMA app;
CREATE TABLE app.t (id int PRIMARY KEY, a text);
CREATE TABLE t (id int PRIMARY KEY, a text);
CREATE TABLE u (id int PRIMARY KEY, a text);

-- rows
INSERT INTO app.t SELECT g, 'x' FROM generate_series(1, 30) g;
INSERT INTO u SELECT g, 'x' FROM generate_series(1, 30) g;

-- migration.sql
SET search_path TO app, public;
CREATE INDEX t_a_idx ON t(a);
CREATE INDEX u_a_idx ON u(a);
ALTER TABLE u ALTER COLUMN a SET NOT NULL;
CREATE TABLE v (id int PRIMARY KEY, t int REFERENCES t(id));
