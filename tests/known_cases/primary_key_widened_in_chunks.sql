-- drizzle-folders
-- The table has a primary key at every moment when DROP and ADD commit together.
-- before.sql
CREATE TABLE "branches" (
	"id" text NOT NULL,
	"project_id" text NOT NULL,
	CONSTRAINT "branches_id_pk" PRIMARY KEY("id")
);

-- rows
INSERT INTO branches SELECT g::text,'p' FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE "branches" DROP CONSTRAINT "branches_id_pk";
--> statement-breakpoint
ALTER TABLE "branches" ADD CONSTRAINT "branches_project_id_id_pk" PRIMARY KEY("project_id","id");
