-- prisma
-- A new table that was filled from another one has its rows under its new name too: a foreign key of it reads them.
-- before.sql
CREATE TABLE users (id integer NOT NULL, post integer);
CREATE TABLE posts (id integer PRIMARY KEY);

-- rows
INSERT INTO posts SELECT n FROM generate_series(1, 30) n;
INSERT INTO users SELECT n, n FROM generate_series(1, 30) n;

-- migration.sql
CREATE TABLE fresh (LIKE users INCLUDING DEFAULTS);
INSERT INTO fresh SELECT * FROM users;
ALTER TABLE users RENAME TO users_old;
ALTER TABLE fresh RENAME TO users;
ALTER TABLE users ADD FOREIGN KEY (post) REFERENCES posts (id);
