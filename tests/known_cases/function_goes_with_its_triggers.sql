-- prisma
-- With a function go the trigger, the check and the default that call it: their names are free.
-- before.sql
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.age := 1; RETURN NEW; END $$;
CREATE FUNCTION good(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
CREATE TABLE users (id integer PRIMARY KEY, age integer CONSTRAINT users_age CHECK (good(age)), name text);
CREATE TRIGGER stamp BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION stamp();

-- rows
INSERT INTO users SELECT n, n, n FROM generate_series(1, 12) n;

-- migration.sql
DROP FUNCTION stamp() CASCADE;
DROP FUNCTION good(integer) CASCADE;
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.age := 2; RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION stamp();
ALTER TABLE users ADD CONSTRAINT users_age CHECK (age > 0);
ALTER TABLE users ALTER COLUMN name SET NOT NULL;
