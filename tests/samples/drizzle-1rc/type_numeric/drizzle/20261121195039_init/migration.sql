CREATE TABLE "users" (
	"id" serial PRIMARY KEY,
	"n" numeric(10,2)
);
