-- prisma
-- A child keeps a column and a check that it has of its own or that ONLY takes from its parent, and loses the others with it.
-- not: failing-statement
-- before.sql
CREATE TABLE people (id integer, email integer CONSTRAINT k CHECK (email > 0), note text, phone text);
CREATE TABLE staff (own integer) INHERITS (people);
CREATE TABLE guests (note text) INHERITS (people);

-- rows
INSERT INTO staff SELECT n, n, 'note ' || n, 'phone ' || n, n FROM generate_series(1, 30) n;
INSERT INTO guests SELECT n, n, 'note ' || n, 'phone ' || n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE ONLY people DROP COLUMN email;
ALTER TABLE people DROP COLUMN note;
ALTER TABLE people DROP COLUMN phone;
CREATE INDEX staff_email_idx ON staff (email);
CREATE INDEX guests_note_idx ON guests (note);
ALTER TABLE staff ADD COLUMN phone integer;
ALTER TABLE staff ADD COLUMN note integer;
ALTER TABLE staff DROP CONSTRAINT k;
