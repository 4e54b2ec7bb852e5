ALTER TABLE "comments" DROP CONSTRAINT "comments_post_id_posts_id_fkey";--> statement-breakpoint
DROP TABLE "comments";--> statement-breakpoint
DROP TABLE "posts";--> statement-breakpoint
DROP TYPE "mood";