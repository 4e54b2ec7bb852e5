-- drizzle-journal
-- A check that the children do not inherit: dropping it locks none of them.
-- before.sql
CREATE TABLE items (
  id serial,
  note text
);
CREATE TABLE parts (own integer) INHERITS (items);

-- migration.sql
ALTER TABLE items ADD CHECK (note IS NOT NULL) NO INHERIT;
--> statement-breakpoint
ALTER TABLE items DROP CONSTRAINT items_note_check;
