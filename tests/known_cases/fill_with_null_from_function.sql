-- prisma
-- A default may be NULL for all rows: then there is nothing to fill.
-- before.sql
CREATE TABLE t (a text, n int);
CREATE FUNCTION cur_tenant() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN nullif(current_setting('app.tenant', true), ''); END $$;

-- rows
INSERT INTO t SELECT 'x'||g,g FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE t ADD COLUMN tenant text DEFAULT cur_tenant();
