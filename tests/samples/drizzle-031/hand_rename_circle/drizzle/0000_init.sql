CREATE TABLE "users" (
	"id" serial PRIMARY KEY NOT NULL,
	"first" text,
	"last" text,
	CONSTRAINT "one" CHECK ("first" <> ''),
	CONSTRAINT "two" CHECK ("last" <> '')
);
