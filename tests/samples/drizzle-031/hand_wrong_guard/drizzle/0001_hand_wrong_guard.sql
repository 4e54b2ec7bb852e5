DO $$ BEGIN
 IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'role') THEN
  CREATE TYPE "public"."message_role" AS ENUM('user', 'assistant');
 END IF;
END $$;
--> statement-breakpoint
CREATE INDEX "users_name_idx" ON "users" USING btree ("name");