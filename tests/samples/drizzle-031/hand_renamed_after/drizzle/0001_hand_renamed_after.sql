CREATE INDEX "users_name" ON "users" USING btree ("name");--> statement-breakpoint
ALTER INDEX "users_name" RENAME TO "users_name_idx";--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "named" CHECK ("name" <> 'x');--> statement-breakpoint
ALTER TABLE "users" RENAME CONSTRAINT "named" TO "users_named";--> statement-breakpoint
ALTER TABLE "users" RENAME COLUMN "name" TO "full_name";--> statement-breakpoint
ALTER TYPE "mood" RENAME TO "feeling";