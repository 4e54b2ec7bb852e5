-- prisma
-- A sequence that is given to another column stays when its table goes.
-- not: failing-statement
-- before.sql
CREATE TABLE old (id serial PRIMARY KEY, n int);

-- rows
INSERT INTO old (n) SELECT n FROM generate_series(1, 30) n;

-- migration.sql
CREATE TABLE fresh (LIKE old INCLUDING ALL);
INSERT INTO fresh SELECT * FROM old;
ALTER SEQUENCE old_id_seq OWNED BY fresh.id;
DROP TABLE old;
ALTER TABLE fresh RENAME TO old;
