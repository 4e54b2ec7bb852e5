-- prisma
-- A query in a WITH changes rows of its own table, which is checked afterwards.
-- before.sql
CREATE TABLE posts (id integer PRIMARY KEY, age integer);
CREATE TABLE logs (id integer PRIMARY KEY, age integer);

-- rows
INSERT INTO posts SELECT n, n FROM generate_series(1, 12) n;

-- migration.sql
WITH moved AS (DELETE FROM posts WHERE age > 6 RETURNING *) INSERT INTO logs SELECT * FROM moved;
ALTER TABLE posts ADD CONSTRAINT posts_age_check CHECK (age <= 6);
CREATE INDEX logs_age_idx ON logs (age);
