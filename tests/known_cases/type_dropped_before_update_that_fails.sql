-- drizzle-journal
-- DROP TYPE CASCADE takes columns away: what may fail commits with it.
-- expect: drop-type
-- before.sql
CREATE TYPE state AS ENUM ('open', 'closed');
CREATE TABLE posts (id serial, parent_id boolean NOT NULL, qty state DEFAULT 'closed');

-- rows
INSERT INTO posts (parent_id, qty) SELECT n % 2 = 0, 'open' FROM generate_series(1, 30) n;

-- migration.sql
DROP TYPE state CASCADE;
--> statement-breakpoint
UPDATE posts SET parent_id = k.was FROM kept k WHERE k.id = posts.id;
