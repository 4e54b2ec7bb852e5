-- drizzle-journal
-- From 18 on NOT NULL is a constraint with a name of its own, which a check cannot have, nor be dropped by.
-- expect: failing-statement
-- before.sql
CREATE SCHEMA app;
CREATE TABLE app.logs (
  id integer NOT NULL,
  x uuid DEFAULT gen_random_uuid(),
  note numeric(10,2) DEFAULT 0 NOT NULL
);

-- migration.sql
ALTER TABLE app.logs ADD CONSTRAINT logs_note_not_null CHECK (note IS NOT NULL) NOT VALID;
--> statement-breakpoint
ALTER TABLE app.logs DROP CONSTRAINT logs_note_not_null;

