ALTER TABLE "posts" DISABLE ROW LEVEL SECURITY;--> statement-breakpoint
DROP TABLE "posts" CASCADE;--> statement-breakpoint
ALTER TABLE "users" ALTER COLUMN "email" SET DEFAULT 'nobody';--> statement-breakpoint
ALTER TABLE "users" RENAME TO "people";--> statement-breakpoint
CREATE INDEX "people_name_idx" ON "people" USING btree ("name");