-- prisma
-- What is unique by itself is unique together with another column: the old index goes after the new one is there.
-- before.sql
CREATE TABLE items (id serial, PRIMARY KEY (id));
CREATE TABLE users (id text NOT NULL, note integer REFERENCES items (id), parent timestamp(3));
CREATE TABLE lines (id integer);
CREATE UNIQUE INDEX users_note_parent_key ON users (note, parent);

-- migration.sql
DROP TABLE lines;
DROP INDEX users_note_parent_key;
ALTER TABLE users ADD CONSTRAINT lines_pkey UNIQUE (parent);
