-- drizzle-journal
-- The name of a foreign key changes under a lock on its own table: only what drops a key locks the other one.
-- before.sql
CREATE TABLE logs (n integer);
CREATE TABLE users (id text NOT NULL CONSTRAINT users_pkey PRIMARY KEY);

-- rows
INSERT INTO users SELECT 'u' || n FROM generate_series(1, 30) n;
INSERT INTO logs SELECT nullif(n, 3) FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE logs ADD COLUMN parent text REFERENCES users (id);
--> statement-breakpoint
TRUNCATE users CASCADE;
--> statement-breakpoint
ALTER TABLE logs DROP CONSTRAINT logs_parent_fkey;
--> statement-breakpoint
ALTER TABLE logs ADD CONSTRAINT logs_parent_fkey FOREIGN KEY (parent) REFERENCES users (id) ON DELETE CASCADE;
--> statement-breakpoint
UPDATE logs SET n = 42 WHERE n IS NULL;
