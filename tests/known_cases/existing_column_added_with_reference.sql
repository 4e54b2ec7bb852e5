-- drizzle-journal
-- Up to PostgreSQL 12 ADD COLUMN IF NOT EXISTS adds what the column refers to once more.
-- before.sql
CREATE TABLE items (id integer PRIMARY KEY, email varchar(20) NOT NULL);
CREATE TABLE users (id serial);

-- migration.sql
ALTER TABLE items ALTER COLUMN email DROP NOT NULL;
--> statement-breakpoint
CREATE TABLE parents (id integer NOT NULL, CONSTRAINT parents_pkey PRIMARY KEY (id));
--> statement-breakpoint
ALTER TABLE users ADD COLUMN IF NOT EXISTS parent integer REFERENCES parents (id);
