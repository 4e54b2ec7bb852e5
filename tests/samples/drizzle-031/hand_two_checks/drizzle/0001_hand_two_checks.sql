ALTER TABLE "users" ALTER COLUMN "name" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_email_check" CHECK ("users"."email" <> '');--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "parent_id" integer;--> statement-breakpoint
CREATE UNIQUE INDEX "users_email_name_idx" ON "public"."users" USING btree ("email","name") WHERE "users"."email" is not null;