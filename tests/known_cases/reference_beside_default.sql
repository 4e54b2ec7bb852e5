-- prisma
-- A column's REFERENCES reads no row, unless another column of the same ALTER TABLE has a default.
-- expect: add-column-constraint
-- before.sql
CREATE TABLE u (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, n int);

-- rows
INSERT INTO u SELECT g FROM generate_series(1, 40) g;
INSERT INTO t SELECT g, g FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE t ADD COLUMN at timestamp NOT NULL DEFAULT now(), ADD COLUMN u int REFERENCES u;
