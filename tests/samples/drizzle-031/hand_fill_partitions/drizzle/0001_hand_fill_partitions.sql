ALTER TABLE "events" ADD COLUMN "key" uuid DEFAULT gen_random_uuid();--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "number" serial NOT NULL;