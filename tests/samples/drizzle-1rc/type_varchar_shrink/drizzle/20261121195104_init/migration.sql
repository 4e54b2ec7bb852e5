CREATE TABLE "users" (
	"id" serial PRIMARY KEY,
	"n" varchar(200)
);
