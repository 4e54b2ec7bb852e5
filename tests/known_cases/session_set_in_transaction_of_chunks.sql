-- drizzle-folders
-- What a transaction of several chunks sets for the session is set behind its commit too.
-- before.sql
CREATE SCHEMA app;
CREATE TABLE app.posts (id integer PRIMARY KEY, x integer NOT NULL);

-- rows
INSERT INTO app.posts SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
SET search_path TO app, public;
--> statement-breakpoint
GRANT SELECT ON app.posts TO PUBLIC;
--> statement-breakpoint
ALTER TABLE app.posts ALTER COLUMN x DROP NOT NULL;
--> statement-breakpoint
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RETURN NEW;
END
$$;
