-- prisma
-- An index is no second table: what REINDEX does to its table is said.
-- before.sql
CREATE TABLE lines (id text NOT NULL, name integer DEFAULT 0 NOT NULL, note numeric(10,2) DEFAULT 0 NOT NULL);
CREATE UNIQUE INDEX lines_name_key ON lines (name);

-- rows
INSERT INTO lines (id, name, note) SELECT n::text, n, n FROM generate_series(1, 12) n;

-- migration.sql
SET LOCAL session_replication_role = replica;
ALTER TABLE lines DROP COLUMN note;
REINDEX TABLE lines;
