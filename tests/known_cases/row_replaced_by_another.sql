-- prisma
-- A row that is deleted and put in again is not seen missing.
-- before.sql
CREATE TABLE settings (name text PRIMARY KEY, value text);
CREATE TABLE notes (id integer, kind timestamptz NOT NULL);

-- rows
INSERT INTO settings SELECT n::text, n::text FROM generate_series(1, 12) n;

-- migration.sql
DELETE FROM settings WHERE name = '5';
ALTER TABLE notes ALTER COLUMN kind DROP NOT NULL;
ALTER TABLE notes RENAME COLUMN kind TO made;
INSERT INTO settings (name, value) VALUES ('5', 'new');
