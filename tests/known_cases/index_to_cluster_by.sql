-- prisma
-- Which index a table is sorted by is said under SHARE UPDATE EXCLUSIVE: nobody waits.
-- before.sql
CREATE TABLE users (id integer PRIMARY KEY, name text);
CREATE INDEX users_name_idx ON users (name);

-- migration.sql
ALTER TABLE users CLUSTER ON users_name_idx;
ALTER TABLE users SET WITHOUT CLUSTER;
