-- drizzle-journal
-- A foreign key in a DO block that catches duplicate_object reads both tables all the same.
-- expect: add-foreign-key
-- before.sql
CREATE TABLE "a" (
	"id" text PRIMARY KEY NOT NULL
);
CREATE TABLE "b" (
	"id" text PRIMARY KEY NOT NULL,
	"a_id" text
);

-- rows
INSERT INTO a SELECT g::text FROM generate_series(1, 40) g;
INSERT INTO b SELECT g::text,g::text FROM generate_series(1, 40) g;

-- migration.sql
DO $$ BEGIN
 ALTER TABLE "b" ADD CONSTRAINT "b_a_id_a_id_fk" FOREIGN KEY ("a_id") REFERENCES "public"."a"("id") ON DELETE no action ON UPDATE no action;
EXCEPTION
 WHEN duplicate_object THEN null;
END $$;
