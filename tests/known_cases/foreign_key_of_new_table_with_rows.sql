-- prisma
-- A new table that was filled from another one is read as a whole while its foreign key holds up writes there.
-- before.sql
CREATE TABLE users (id integer PRIMARY KEY, age integer);

-- rows
INSERT INTO users SELECT n, n FROM generate_series(1, 12) n;

-- migration.sql
CREATE TABLE logs (author integer);
INSERT INTO logs (author) SELECT id FROM users;
ALTER TABLE logs ADD CONSTRAINT logs_author_fkey FOREIGN KEY (author) REFERENCES users (id);
