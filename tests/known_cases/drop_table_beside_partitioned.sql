-- drizzle-journal
-- A partitioned table that the dropped one references is locked from 15 on, when it has triggers of its own.
-- before.sql
CREATE TABLE "User" (id integer PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE user_low PARTITION OF "User" FOR VALUES FROM (0) TO (100);
CREATE TABLE orders (id serial PRIMARY KEY, user_id integer REFERENCES "User" (id) ON DELETE CASCADE);

-- rows
INSERT INTO "User" SELECT generate_series(1, 30);
INSERT INTO orders (user_id) SELECT generate_series(1, 30);

-- migration.sql
DROP TABLE orders;
