-- prisma
-- LIKE alone copies no default, check, key or index; INCLUDING and EXCLUDING are read from left to right.
-- before.sql
CREATE TABLE users (id serial PRIMARY KEY, age integer DEFAULT 7 NOT NULL CONSTRAINT users_age CHECK (age > 0));
CREATE INDEX users_age_idx ON users (age);

-- rows
INSERT INTO users (age) SELECT n FROM generate_series(1, 12) n;

-- migration.sql
CREATE TABLE a (LIKE users);
CREATE TABLE b (LIKE users INCLUDING ALL EXCLUDING INDEXES);
CREATE TABLE c (LIKE users INCLUDING INDEXES);
ALTER TABLE a ADD CONSTRAINT users_age CHECK (age > 1);
ALTER TABLE a ADD PRIMARY KEY (id);
ALTER TABLE b ADD PRIMARY KEY (id);
CREATE INDEX c_age_idx1 ON c (age);
ALTER TABLE users ADD CONSTRAINT users_c FOREIGN KEY (id) REFERENCES c (id) NOT VALID;
ALTER TABLE users ALTER COLUMN age DROP NOT NULL;
