-- drizzle-folders
-- A foreign key that points at a partitioned table has one for each partition, named after its table as it is then.
-- before.sql
CREATE TABLE items (id integer NOT NULL);
CREATE TABLE logs (id integer NOT NULL, CONSTRAINT logs_pkey PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE orders (id text NOT NULL, log integer REFERENCES logs (id));

-- migration.sql
ALTER TABLE orders RENAME TO lines;
--> statement-breakpoint
ALTER TABLE items ADD COLUMN status integer CONSTRAINT status_check CHECK (status >= 0);
--> statement-breakpoint
CREATE TABLE logs_p0 PARTITION OF logs FOR VALUES FROM (MINVALUE) TO (1000);
