SET LOCAL search_path = public;--> statement-breakpoint
CREATE INDEX "users_name_idx" ON "users" USING btree ("name");