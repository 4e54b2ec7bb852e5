-- prisma
-- From 18 on USING INDEX makes an inherited NOT NULL the table's own as well.
-- before.sql
CREATE TABLE logs (id text NOT NULL, amount date, c text DEFAULT 'x' NOT NULL);
CREATE TABLE users (email varchar(20)) INHERITS (logs);

-- rows
INSERT INTO users (id, amount, c) SELECT g::text, '2024-01-01', 'c' || g FROM generate_series(1, 30) g;

-- migration.sql
ALTER TABLE users ADD PRIMARY KEY (amount, c);
