-- drizzle-journal
-- A name is cut after 63 bytes: two long names may be one.
-- expect: failing-statement
-- before.sql
CREATE TABLE "customer_support_conversation_message_attachments" (
	"id" text PRIMARY KEY NOT NULL,
	"conversation_message_reference" text
);
CREATE TABLE "customer_support_conversation_messages" (
	"id" text PRIMARY KEY NOT NULL
);

-- rows
INSERT INTO customer_support_conversation_messages SELECT g::text FROM generate_series(1, 40) g;
INSERT INTO "customer_support_conversation_message_attachments" SELECT g::text,g::text FROM generate_series(1, 40) g;

-- migration.sql
ALTER TABLE "customer_support_conversation_message_attachments" ALTER COLUMN "conversation_message_reference" SET NOT NULL;
--> statement-breakpoint
ALTER TABLE "customer_support_conversation_message_attachments" ADD CONSTRAINT "customer_support_conversation_message_attachments_conversation_message_reference_customer_support_conversation_messages_id_fk" FOREIGN KEY ("conversation_message_reference") REFERENCES "public"."customer_support_conversation_messages"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "customer_support_conversation_message_attachments_conversation_message_reference_index" ON "customer_support_conversation_message_attachments" USING btree ("conversation_message_reference");
--> statement-breakpoint
ALTER TABLE "customer_support_conversation_message_attachments" ADD CONSTRAINT "customer_support_conversation_message_attachments_conversation_message_reference_unique" UNIQUE("conversation_message_reference");
