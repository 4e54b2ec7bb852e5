-- drizzle-journal
-- A label has another name at once: what fails behind it in the same transaction would have taken that back.
-- before.sql
CREATE TYPE kind AS ENUM ('open', 'closed');
CREATE TABLE orders (id integer NOT NULL, state kind DEFAULT 'open', price numeric(10,2));
CREATE TABLE posts (id integer, parent_id integer);

-- rows
INSERT INTO orders SELECT n, NULL, n FROM generate_series(1, 12) n;
INSERT INTO orders SELECT n, 'closed', n FROM generate_series(13, 20) n;

-- migration.sql
ALTER TYPE kind RENAME VALUE 'closed' TO 'done';
--> statement-breakpoint
ALTER TABLE posts ALTER COLUMN parent_id SET NOT NULL;
--> statement-breakpoint
UPDATE orders SET state = price::kind WHERE state IS NULL;
