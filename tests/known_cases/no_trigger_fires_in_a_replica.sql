-- prisma
-- With session_replication_role = replica no ordinary trigger fires.
-- before.sql
CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 7, changed int DEFAULT 0);
CREATE FUNCTION count_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.changed = NEW.changed + 1; RETURN NEW; END';
CREATE TRIGGER count_it BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION count_it();

-- rows
INSERT INTO t SELECT g, nullif(g % 2, 0) FROM generate_series(1, 30) g;

-- migration.sql
SET session_replication_role = replica;
UPDATE t SET a = 8 WHERE id = 3;
ALTER TABLE t ADD COLUMN b int;
CREATE INDEX t_a_idx ON t(a);
