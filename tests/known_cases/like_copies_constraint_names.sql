-- prisma
-- LIKE … INCLUDING ALL copies CHECK constraints with their names.
-- before.sql
CREATE TABLE par (a text, CONSTRAINT c_a_nn CHECK (a <> 'q'));
CREATE TABLE c (LIKE par INCLUDING ALL);

-- rows
INSERT INTO c SELECT 'x' FROM generate_series(1, 30);

-- migration.sql
ALTER TABLE c ALTER a SET NOT NULL;
