CREATE TABLE "m" (
	"a" integer PRIMARY KEY,
	"b" integer
);
