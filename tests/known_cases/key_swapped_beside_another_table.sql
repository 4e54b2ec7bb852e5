-- prisma
-- ADD CONSTRAINT … USING INDEX renames the index: in a block that runs again the old key must not be dropped once more
-- before.sql
CREATE TABLE items (
  id serial,
  CONSTRAINT items_pkey PRIMARY KEY (id)
);
CREATE TABLE t (
  id integer NOT NULL,
  "createdAt" uuid
);

-- rows
INSERT INTO items SELECT FROM generate_series(1, 30);

INSERT INTO t SELECT n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE items DROP CONSTRAINT items_pkey, ADD CONSTRAINT items_pkey PRIMARY KEY (id);

ALTER TABLE t RENAME COLUMN "createdAt" TO email;
