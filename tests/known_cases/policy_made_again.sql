-- drizzle-folders
-- Without its policy a table with row security shows no rows: DROP and CREATE POLICY must commit together.
-- expect: create-index
-- before.sql
CREATE TABLE "notes" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"ref" text
);
ALTER TABLE "notes" ENABLE ROW LEVEL SECURITY;
CREATE POLICY "notes_rows" ON "notes" AS PERMISSIVE FOR ALL TO public USING ("tenant_id" = 't1');

-- rows
INSERT INTO notes SELECT g::text,'t1',md5(g::text) FROM generate_series(1, 40) g;

-- migration.sql
DROP POLICY "notes_rows" ON "notes";
--> statement-breakpoint
CREATE INDEX "notes_ref_idx" ON "notes" USING btree ("ref");
--> statement-breakpoint
CREATE POLICY "notes_rows" ON "notes" AS PERMISSIVE FOR ALL TO public USING ("tenant_id" in ('t1','t2'));
