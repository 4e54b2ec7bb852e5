ALTER TABLE "users" ADD COLUMN "text" text DEFAULT 'line 1
  line 2' NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "named" CHECK ("name" <> 'a
b');