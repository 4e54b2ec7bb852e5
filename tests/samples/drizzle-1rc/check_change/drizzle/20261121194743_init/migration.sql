CREATE TABLE "users" (
	"id" serial PRIMARY KEY,
	"n" integer,
	CONSTRAINT "n_pos" CHECK ("n" > 0)
);
