CREATE TYPE "mood" AS ENUM('sad', 'glad');--> statement-breakpoint
CREATE TABLE "comments" (
	"post_id" integer,
	"user_id" integer NOT NULL,
	"number" integer,
	"moods" "mood"[],
	"at" timestamp DEFAULT now() NOT NULL,
	CONSTRAINT "comments_pkey" PRIMARY KEY("post_id","number")
);
--> statement-breakpoint
CREATE TABLE "posts" (
	"id" serial PRIMARY KEY,
	"author_id" integer NOT NULL,
	"mood" "mood" DEFAULT 'glad'::"mood" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" serial PRIMARY KEY,
	"email" text NOT NULL
);
--> statement-breakpoint
CREATE INDEX "comments_at_idx" ON "comments" ("at");--> statement-breakpoint
ALTER TABLE "comments" ADD CONSTRAINT "comments_post_id_posts_id_fkey" FOREIGN KEY ("post_id") REFERENCES "posts"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "comments" ADD CONSTRAINT "comments_user_id_users_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE "posts" ADD CONSTRAINT "posts_author_id_users_id_fkey" FOREIGN KEY ("author_id") REFERENCES "users"("id");