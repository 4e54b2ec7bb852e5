-- drizzle-journal
-- A primary key that another one replaced cannot go again once a foreign key stands on it.
-- before.sql
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
CREATE TABLE u (id int PRIMARY KEY, a int);

-- rows
INSERT INTO t SELECT i, i, 'b' || i FROM generate_series(1, 30) i;
INSERT INTO u SELECT i, i FROM generate_series(1, 30) i;

-- migration.sql
ALTER TABLE t ADD COLUMN key uuid DEFAULT gen_random_uuid() NOT NULL;
--> statement-breakpoint
ALTER TABLE t DROP CONSTRAINT t_pkey;
--> statement-breakpoint
ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (key);
--> statement-breakpoint
CREATE TABLE of_t (t_key uuid NOT NULL);
--> statement-breakpoint
ALTER TABLE of_t ADD CONSTRAINT of_t_fkey FOREIGN KEY (t_key) REFERENCES t (key);
