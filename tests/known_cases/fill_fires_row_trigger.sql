-- prisma
-- UPDATE fires row triggers, ADD COLUMN with a default does not.
-- expect: add-serial-column
-- before.sql
CREATE TABLE t (id int primary key, a text, n int);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.a := NEW.a||'!'; RETURN NEW; END $$;
CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();

-- rows
INSERT INTO t(id,a,n) SELECT g,'x'||g,g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE t ADD COLUMN s SERIAL;
