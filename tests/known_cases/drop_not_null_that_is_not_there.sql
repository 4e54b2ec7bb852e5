-- prisma
-- DROP NOT NULL of a column that takes NULL locks the children up to 17, and leaves them alone from 18 on.
-- before.sql
CREATE TABLE "Post" (id integer NOT NULL, at timestamptz);
CREATE TABLE items (own integer) INHERITS ("Post");

-- rows
INSERT INTO "Post" SELECT generate_series(1, 30);
INSERT INTO items SELECT generate_series(1, 30);

-- migration.sql
ALTER TABLE "Post" ALTER COLUMN at DROP NOT NULL;
