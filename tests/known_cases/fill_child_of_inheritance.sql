-- prisma
-- A column that the parent gets is added to the children too, and their rows have the default as well.
-- before.sql
CREATE TABLE par (a text);
CREATE TABLE ch (id int) INHERITS (par);

-- rows
INSERT INTO ch SELECT 'x',g FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE par ADD COLUMN u uuid DEFAULT gen_random_uuid();
