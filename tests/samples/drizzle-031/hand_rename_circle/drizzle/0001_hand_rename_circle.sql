ALTER TABLE "users" RENAME COLUMN "first" TO "other";--> statement-breakpoint
ALTER TABLE "users" RENAME COLUMN "last" TO "first";--> statement-breakpoint
ALTER TABLE "users" RENAME COLUMN "other" TO "last";--> statement-breakpoint
ALTER TABLE "users" RENAME CONSTRAINT "one" TO "three";--> statement-breakpoint
ALTER TABLE "users" RENAME CONSTRAINT "two" TO "one";--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "two" CHECK ("first" <> 'x');