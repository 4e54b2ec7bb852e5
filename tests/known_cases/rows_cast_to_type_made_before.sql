-- prisma
-- A statement that names a type in a cast waits for the type.
-- before.sql
CREATE TYPE "Role" AS ENUM ('open', 'closed');
CREATE TABLE logs (id integer NOT NULL, email text);
CREATE TABLE t (id integer NOT NULL, n integer);

-- rows
INSERT INTO logs SELECT n, 'open' FROM generate_series(1, 12) n;
INSERT INTO t SELECT n, n FROM generate_series(1, 12) n;

-- migration.sql
CREATE INDEX t_n ON t (n);
UPDATE logs SET email = 'closed' WHERE id = 1;
ALTER TYPE "Role" RENAME TO "Role_old";
CREATE TYPE "Kind" AS ENUM ('more', 'open');
UPDATE logs SET email = 'more'::"Kind"::text WHERE id = 2;
