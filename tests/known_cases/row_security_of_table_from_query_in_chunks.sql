-- drizzle-journal
-- Row security of a table that is there comes with its policies, in one transaction.
-- before.sql
CREATE TABLE lines (id bigint PRIMARY KEY, parent_id timestamptz NOT NULL, name text NOT NULL);

-- rows
INSERT INTO lines SELECT n, '2024-01-01', n::text FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE ONLY lines ALTER COLUMN parent_id TYPE text USING parent_id::text;
--> statement-breakpoint
DO $$ BEGIN
  CREATE INDEX lines_idx ON lines (lower(parent_id), name);
EXCEPTION
  WHEN duplicate_object THEN null;
END $$;
--> statement-breakpoint
CREATE TABLE users AS SELECT name, parent_id FROM lines;
--> statement-breakpoint
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY own ON users USING (true);
--> statement-breakpoint
ALTER TABLE lines ADD COLUMN IF NOT EXISTS note boolean DEFAULT false NOT NULL CONSTRAINT note_ck CHECK (note IN (true, false));
