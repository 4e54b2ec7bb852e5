-- prisma
-- A constraint of the dropped one's name, made beside another one: what drops the first does not run behind that.
-- before.sql
CREATE TABLE orders (id serial, PRIMARY KEY (id));
CREATE TABLE t (id serial, x integer, made timestamp(3) DEFAULT now() NOT NULL, amount integer REFERENCES orders);

-- migration.sql
ALTER TABLE t DROP CONSTRAINT t_amount_fkey,
  ADD CONSTRAINT recent CHECK (made > '2000-01-01');
ALTER TABLE t ADD CONSTRAINT t_amount_fkey CHECK (x >= 0) NOT VALID;
