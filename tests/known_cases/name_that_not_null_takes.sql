-- drizzle-journal
-- From 18 on NOT NULL is a constraint with a name of its own, which a check that comes later cannot have.
-- before.sql
CREATE TABLE posts (
  id integer NOT NULL,
  c boolean
);

-- rows
INSERT INTO posts SELECT n, n % 2 = 0 FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE posts ALTER COLUMN c SET NOT NULL;
--> statement-breakpoint
ALTER TABLE posts ADD CONSTRAINT posts_c_not_null CHECK (c IS NOT NULL) NOT VALID;
