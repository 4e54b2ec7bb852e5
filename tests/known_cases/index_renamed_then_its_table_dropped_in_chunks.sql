-- drizzle-folders
-- An index that has another name goes with its table: the file that begins again renames nothing then.
-- before.sql
CREATE TABLE items (id integer NOT NULL, a text);
CREATE INDEX items_a_idx ON items (lower(a));

-- migration.sql
ALTER INDEX items_a_idx RENAME TO items_a_idx_renamed;
--> statement-breakpoint
DROP TABLE items CASCADE;
