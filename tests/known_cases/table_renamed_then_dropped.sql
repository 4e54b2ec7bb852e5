-- drizzle-journal
-- A table may go under a name that it had for a moment.
-- before.sql
CREATE TABLE users (id serial);

-- migration.sql
ALTER TABLE users RENAME TO people;
--> statement-breakpoint
DROP TABLE IF EXISTS people CASCADE;
