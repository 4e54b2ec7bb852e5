-- drizzle-journal
-- Row security without a policy shows no rows: both must commit together.
-- before.sql
CREATE TABLE "documents" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL
);

-- rows
INSERT INTO documents SELECT g::text,'t1' FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE "documents" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE INDEX "documents_tenant_idx" ON "documents" USING btree ("tenant_id");
--> statement-breakpoint
CREATE POLICY "tenant_rows" ON "documents" AS PERMISSIVE FOR ALL TO public USING ("tenant_id" = current_setting('app.tenant', true));
