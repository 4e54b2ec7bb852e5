-- prisma
-- What a check would ask for cannot be asked before the table has the schema that it is asked in.
-- before.sql
CREATE SCHEMA app;
CREATE TABLE "Post" (id integer NOT NULL, kind integer, status varchar(20));
CREATE TABLE items (id integer NOT NULL, PRIMARY KEY (id));

-- rows
INSERT INTO items (id) SELECT n FROM generate_series(1, 30) n;
INSERT INTO "Post" (id, kind, status) SELECT n, n, (n / 2)::text FROM generate_series(1, 30) n;

-- migration.sql
WITH ranked AS (SELECT ctid AS at, row_number() OVER (PARTITION BY status ORDER BY ctid) AS n FROM "Post")
DELETE FROM "Post" WHERE ctid IN (SELECT at FROM ranked WHERE n > 1);

ALTER TABLE "Post" SET SCHEMA app;

ALTER TABLE app."Post" ADD CONSTRAINT "Post_kind_fkey" FOREIGN KEY (kind) REFERENCES items (id) ON DELETE CASCADE;
