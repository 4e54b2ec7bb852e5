-- prisma
-- A column that a CHECK keeps NULLs out of goes with its type; its successor of the same name takes no NULL at any moment.
-- before.sql
CREATE TYPE "Role" AS ENUM ('open', 'closed');
CREATE TABLE users (id serial PRIMARY KEY, x "Role" CHECK (x IS NOT NULL));

-- rows
INSERT INTO users (x) SELECT (ARRAY['open', 'closed'])[1 + n % 2]::"Role" FROM generate_series(1, 30) n;

-- migration.sql
DROP TYPE "Role" CASCADE;

ALTER TABLE users ADD COLUMN x bigserial;
