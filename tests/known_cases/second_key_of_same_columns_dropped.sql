-- prisma
-- A foreign key stands on the older of two keys of the same columns and stays when the other one goes, also with CASCADE.
-- not: failing-statement
-- before.sql
CREATE TABLE people (id integer, boss integer);
ALTER TABLE people ADD CONSTRAINT people_id_key UNIQUE (id);
ALTER TABLE people ADD CONSTRAINT boss_fk FOREIGN KEY (boss) REFERENCES people (id);

-- rows
INSERT INTO people SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE people ADD CONSTRAINT k UNIQUE (id);
ALTER TABLE people DROP CONSTRAINT k;
ALTER TABLE people ALTER CONSTRAINT boss_fk DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE people ADD CONSTRAINT k UNIQUE (id);
ALTER TABLE people DROP CONSTRAINT k CASCADE;
ALTER TABLE people ALTER CONSTRAINT boss_fk NOT DEFERRABLE;
