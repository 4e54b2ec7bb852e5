-- drizzle-journal
-- A default that casts to a type waits for the type, and keeps the one before it from going.
-- before.sql
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TABLE users (id integer PRIMARY KEY, mood mood DEFAULT 'sad' NOT NULL, age integer);

-- rows
INSERT INTO users SELECT n, 'glad', n FROM generate_series(1, 12) n;

-- migration.sql
ALTER TABLE users ALTER COLUMN mood SET DATA TYPE text;
--> statement-breakpoint
ALTER TABLE users ALTER COLUMN mood SET DEFAULT 'sad'::text;
--> statement-breakpoint
DROP TYPE mood;
--> statement-breakpoint
CREATE TYPE mood AS ENUM ('sad', 'glad', 'mad');
--> statement-breakpoint
ALTER TABLE users ALTER COLUMN mood SET DEFAULT 'sad'::mood;
--> statement-breakpoint
ALTER TABLE users ALTER COLUMN mood SET DATA TYPE mood USING mood::mood;
--> statement-breakpoint
ALTER TABLE users ALTER COLUMN age SET NOT NULL;
--> statement-breakpoint
CREATE INDEX users_age_idx ON users (age);
