SET LOCAL lock_timeout = '3s';
--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_name_check" CHECK ("users"."name" <> '') NOT VALID;
--> statement-breakpoint
ALTER TABLE "users" VALIDATE CONSTRAINT "users_name_check";
