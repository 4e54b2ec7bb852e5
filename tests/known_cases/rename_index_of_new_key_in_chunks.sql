-- drizzle-journal
-- An index that a new table's key made is renamed behind the CREATE TABLE, also when the file begins again.
-- before.sql
CREATE TABLE p (id int primary key);
CREATE TABLE t (id int primary key, a text, n int);
CREATE SCHEMA app;

-- rows
INSERT INTO t SELECT g, g::text, g FROM generate_series(1, 30) g;

-- migration.sql
CREATE TABLE app.z (id int, r int REFERENCES p(id), CONSTRAINT z_pkey PRIMARY KEY (id));
--> statement-breakpoint
ALTER INDEX app.z_pkey RENAME TO z_pk;
--> statement-breakpoint
CREATE INDEX t_n_idx ON t (n);
