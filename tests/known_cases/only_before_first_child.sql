-- prisma
-- ALTER TABLE ONLY … ADD COLUMN is refused once the table has children.
-- before.sql
CREATE TABLE t (id int primary key, a text, n int);

-- rows
INSERT INTO t(id,a,n) SELECT g,'x'||g,g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE ONLY t ADD COLUMN z int;
CREATE TABLE u (x int) INHERITS (t);
