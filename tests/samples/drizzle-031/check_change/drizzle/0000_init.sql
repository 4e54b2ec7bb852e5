CREATE TABLE "users" (
	"id" serial PRIMARY KEY NOT NULL,
	"n" integer,
	CONSTRAINT "n_pos" CHECK ("users"."n" > 0)
);
