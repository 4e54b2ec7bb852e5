-- prisma
-- Dropping a column drops its foreign key: the name is free for another one.
-- expect: drop-column
-- expect: add-foreign-key
-- before.sql
CREATE TABLE p (id int primary key);
CREATE TABLE t (id int primary key, a text, n int);
ALTER TABLE t ADD b int;
ALTER TABLE t ADD CONSTRAINT cc FOREIGN KEY (b) REFERENCES p(id);

-- rows
INSERT INTO p SELECT g FROM generate_series(1, 40) g;
INSERT INTO t(id,a,n) SELECT g,'x'||g,g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE t DROP COLUMN b;
ALTER TABLE t ADD CONSTRAINT cc FOREIGN KEY (n) REFERENCES p(id);
