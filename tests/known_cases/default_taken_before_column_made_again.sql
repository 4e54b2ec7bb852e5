-- drizzle-folders
-- A column that has a default before and after has one in between.
-- before.sql
CREATE TABLE items (
  id serial,
  made timestamp(3) DEFAULT CURRENT_TIMESTAMP NOT NULL,
  kind bigserial,
  email varchar(20) DEFAULT 'a;b' NOT NULL
);

-- migration.sql
ALTER TABLE items ALTER COLUMN made DROP DEFAULT;
--> statement-breakpoint
CREATE INDEX items_idx ON items (kind, email);
--> statement-breakpoint
ALTER TABLE items DROP COLUMN made,
  ADD COLUMN made date DEFAULT '2024-01-01',
  DROP COLUMN kind;
--> statement-breakpoint
CREATE UNIQUE INDEX items_idx ON items (email);
