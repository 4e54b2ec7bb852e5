-- prisma
-- In UTF-8 an unquoted name is folded to lower case in its ASCII letters only.
-- before.sql
CREATE TABLE Ärger ("id" int PRIMARY KEY, a int);

-- rows
INSERT INTO Ärger SELECT g, g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE Ärger ALTER COLUMN a SET NOT NULL;
