-- drizzle-journal
-- Before 13 equal keys of one ALTER TABLE share one index and have one name; from 13 on they are two.
-- before.sql
CREATE TABLE logs (
  id integer NOT NULL,
  at bigint,
  parent_id bigint NOT NULL
);

-- rows
INSERT INTO logs SELECT n, n, n FROM generate_series(1, 30) n;

-- migration.sql
ALTER TABLE logs ADD CONSTRAINT ix UNIQUE (at, parent_id),
  ADD CONSTRAINT "logs_at_parent_id_key" UNIQUE (at, parent_id);
--> statement-breakpoint
ALTER TABLE logs ADD PRIMARY KEY (id), ADD CONSTRAINT logs_id UNIQUE (id);
