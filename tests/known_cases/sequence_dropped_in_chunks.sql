-- drizzle-folders
-- A dropped sequence is gone when its file is begun again.
-- before.sql
CREATE SEQUENCE numbers AS integer;

-- migration.sql
DROP SEQUENCE numbers CASCADE;
