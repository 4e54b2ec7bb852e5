-- prisma
-- ALTER TABLE ONLY … ADD CHECK is refused when the table has children, ALTER TABLE ONLY … SET NOT NULL is not.
-- expect: set-not-null
-- before.sql
CREATE TABLE par (a text);
CREATE TABLE ch (id int) INHERITS (par);

-- rows
INSERT INTO par SELECT 'x' FROM generate_series(1, 30);

-- migration.sql
ALTER TABLE ONLY par ALTER a SET NOT NULL;
