CREATE TABLE "users" (
	"id" serial PRIMARY KEY NOT NULL,
	"n" numeric(10, 2)
);
