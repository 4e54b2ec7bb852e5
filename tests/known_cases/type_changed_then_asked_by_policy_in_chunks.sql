-- drizzle-journal
-- The type of a column that a policy asks for cannot change, also not to the one that it has.
-- before.sql
CREATE TABLE orders (id int PRIMARY KEY, c varchar(10));
CREATE TABLE logs (id serial PRIMARY KEY, a int);

-- migration.sql
ALTER TABLE orders ALTER COLUMN c TYPE varchar(20);
--> statement-breakpoint
CREATE POLICY short ON orders USING (length(c) < 15);
--> statement-breakpoint
CREATE INDEX logs_a ON logs (a);
