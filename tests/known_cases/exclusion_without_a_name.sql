-- prisma
-- An exclusion constraint without a name is called after its columns.
-- before.sql
CREATE TABLE slots (id integer, during int4range, EXCLUDE USING gist (during WITH &&));
CREATE TABLE users (id integer PRIMARY KEY, age integer);

-- rows
INSERT INTO users SELECT n, n FROM generate_series(1, 12) n;

-- migration.sql
ALTER TABLE slots DROP CONSTRAINT slots_during_excl;
ALTER TABLE users ALTER COLUMN age SET NOT NULL;
