ALTER TABLE "users" ADD COLUMN "status" text;--> statement-breakpoint
UPDATE "users" SET "status" = upper("name");--> statement-breakpoint
ALTER TABLE "users" ALTER COLUMN "status" SET NOT NULL;--> statement-breakpoint
CREATE INDEX "users_status_idx" ON "users" USING btree ("status");