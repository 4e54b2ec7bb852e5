-- drizzle-journal
-- DROP CONSTRAINT of a primary key fails while a foreign key refers to it.
-- expect: failing-statement
-- before.sql
CREATE TABLE "branches" (
	"id" text NOT NULL,
	"project_id" text NOT NULL,
	CONSTRAINT "branches_id_pk" PRIMARY KEY("id")
);
CREATE TABLE "builds" (
	"id" text PRIMARY KEY NOT NULL,
	"branch_id" text NOT NULL
);
ALTER TABLE "builds" ADD CONSTRAINT "builds_branch_id_branches_id_fk" FOREIGN KEY ("branch_id") REFERENCES "public"."branches"("id");

-- rows
INSERT INTO branches SELECT g::text,'p' FROM generate_series(1, 40) g;
INSERT INTO builds SELECT g::text,g::text FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE "branches" DROP CONSTRAINT "branches_id_pk";
--> statement-breakpoint
ALTER TABLE "branches" ADD CONSTRAINT "branches_project_id_id_pk" PRIMARY KEY("project_id","id");
