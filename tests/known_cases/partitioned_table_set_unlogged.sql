-- prisma
-- A partitioned table stores nothing: before 18 SET UNLOGGED does nothing to it, and permanent tables may point at it.
-- before.sql
CREATE TABLE logs (
  id bigint NOT NULL,
  CONSTRAINT logs_pkey PRIMARY KEY (id)
) PARTITION BY RANGE (id);

-- migration.sql
ALTER TABLE logs SET UNLOGGED;
CREATE TABLE users (
  id serial,
  log bigint REFERENCES logs
);
