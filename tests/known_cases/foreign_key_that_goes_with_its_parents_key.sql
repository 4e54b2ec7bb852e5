-- prisma
-- A foreign key that falls with the key it stands on cannot be added again behind that.
-- before.sql
CREATE TABLE items (id integer PRIMARY KEY);
CREATE TABLE lines (id text PRIMARY KEY);

-- rows
INSERT INTO items SELECT n FROM generate_series(1, 30) n;

-- migration.sql
CREATE TABLE pairs (
  a text NOT NULL,
  b integer NOT NULL
);
ALTER TABLE pairs ADD CONSTRAINT pairs_a_fkey FOREIGN KEY (a) REFERENCES lines (id);
ALTER TABLE pairs ADD CONSTRAINT pairs_b_fkey FOREIGN KEY (b) REFERENCES items (id);
ALTER TABLE items DROP CONSTRAINT items_pkey CASCADE;
