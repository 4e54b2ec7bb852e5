-- drizzle-journal
-- A file that commits with its row in the ledger is not rewritten again, also where its first step locks nothing.
-- before.sql
CREATE TABLE lines (id integer);
CREATE TABLE users (status integer, CONSTRAINT users_pkey PRIMARY KEY (status));

-- migration.sql
CREATE TYPE state_new AS ENUM ('open', 'closed', 'it''s');
ALTER TYPE state_new RENAME TO state;
--> statement-breakpoint
DROP TABLE lines CASCADE;
--> statement-breakpoint
DELETE FROM users a USING users b WHERE a.status = b.status AND a.ctid > b.ctid;
--> statement-breakpoint
ALTER TABLE users DROP CONSTRAINT IF EXISTS users_pkey;
