CREATE TABLE "m" (
	"a" integer PRIMARY KEY,
	"b" integer NOT NULL
);
