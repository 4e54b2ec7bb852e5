-- drizzle-journal
-- What is taken from and given to one grantee commits as one, also where it locks nothing.
-- before.sql
CREATE TABLE items (id serial PRIMARY KEY, name text);
GRANT ALL ON items TO PUBLIC;
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RETURN NEW;
END
$$;

-- rows
INSERT INTO items (name) SELECT n::text FROM generate_series(1, 30) n;

-- migration.sql
CREATE TRIGGER anew BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION stamp();
--> statement-breakpoint
REVOKE SELECT ON items FROM PUBLIC;
GRANT SELECT, UPDATE ON items TO PUBLIC;
