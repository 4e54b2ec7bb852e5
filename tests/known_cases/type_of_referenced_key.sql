-- drizzle-journal
-- Both sides of a foreign key must have types that can be compared.
-- expect: failing-statement
-- before.sql
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL
);
CREATE TABLE "chats" (
	"id" serial PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL
);
ALTER TABLE "chats" ADD CONSTRAINT "chats_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;

-- rows
INSERT INTO users SELECT gen_random_uuid() FROM generate_series(1, 20);
INSERT INTO chats(user_id) SELECT id FROM users;

-- migration.sql
ALTER TABLE "chats" ALTER COLUMN "user_id" SET DATA TYPE text;
--> statement-breakpoint
ALTER TABLE "users" ALTER COLUMN "id" SET DATA TYPE text;
--> statement-breakpoint
ALTER TABLE "users" ALTER COLUMN "id" DROP DEFAULT;
