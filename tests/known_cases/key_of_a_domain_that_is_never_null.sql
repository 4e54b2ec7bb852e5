-- prisma
-- A variable of a domain that takes no NULL cannot be declared: rows are walked without such a key.
-- before.sql
CREATE DOMAIN label_of AS text NOT NULL;
CREATE TABLE items (id serial, c label_of, PRIMARY KEY (id, c));

-- rows
INSERT INTO items (c) SELECT 'c' || n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE items ADD COLUMN qty uuid DEFAULT md5(random()::text)::uuid NOT NULL;
