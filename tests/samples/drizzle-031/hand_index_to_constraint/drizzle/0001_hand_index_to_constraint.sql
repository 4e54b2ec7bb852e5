DROP INDEX "users_email_key";--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_email_key" UNIQUE("email");--> statement-breakpoint
CREATE INDEX "users_name_idx" ON "users" USING btree ("name");