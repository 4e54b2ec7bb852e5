CREATE TABLE "users" (
	"id" serial PRIMARY KEY NOT NULL,
	"name" text,
	CONSTRAINT "users_name_unique" UNIQUE("name")
);
