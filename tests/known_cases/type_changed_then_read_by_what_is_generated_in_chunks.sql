-- drizzle-journal
-- The type of a column from which another one is generated cannot change, also not to the one that it has.
-- before.sql
CREATE TABLE orders (id int PRIMARY KEY, c text);
CREATE TABLE logs (id serial PRIMARY KEY);

-- migration.sql
CREATE SEQUENCE logs_parent_id_seq;
--> statement-breakpoint
ALTER TABLE logs ADD COLUMN parent_id bigint NOT NULL DEFAULT nextval('logs_parent_id_seq');
--> statement-breakpoint
ALTER TABLE orders ALTER COLUMN c TYPE varchar(20);
--> statement-breakpoint
ALTER TABLE orders ADD COLUMN b text GENERATED ALWAYS AS (coalesce(c, '')) STORED;
