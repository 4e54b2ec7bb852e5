ALTER TABLE "users" RENAME COLUMN "name" TO "full_name";--> statement-breakpoint
ALTER TABLE "users" RENAME COLUMN "nick" TO "handle";--> statement-breakpoint
ALTER TABLE "users" RENAME COLUMN "plan" TO "tier";--> statement-breakpoint
ALTER TABLE "users" RENAME COLUMN "about" TO "bio";--> statement-breakpoint
ALTER TABLE "users" RENAME COLUMN "seen_at" TO "last_seen_at";