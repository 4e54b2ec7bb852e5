CREATE TABLE "users" (
	"id" serial PRIMARY KEY NOT NULL,
	"n" varchar(200)
);
