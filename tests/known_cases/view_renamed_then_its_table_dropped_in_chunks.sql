-- drizzle-journal
-- A view that has another name goes with the table that it shows.
-- before.sql
CREATE TABLE items (id integer NOT NULL, a text);
CREATE VIEW shown AS SELECT id FROM items;
CREATE TABLE lines (id integer NOT NULL, a text);

-- migration.sql
ALTER VIEW shown RENAME TO shown_items;
--> statement-breakpoint
DROP TABLE items CASCADE;
--> statement-breakpoint
ALTER TABLE lines ADD CONSTRAINT lines_a_check CHECK (a <> '');
