-- drizzle-journal
-- An index that is built anew and dropped behind that cannot be built anew again.
-- before.sql
CREATE TABLE items (id serial, a text, b text);
CREATE UNIQUE INDEX items_a_key ON items (a, b);

-- migration.sql
REINDEX INDEX items_a_key;
--> statement-breakpoint
DROP INDEX items_a_key;
