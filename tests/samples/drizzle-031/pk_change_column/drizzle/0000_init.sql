CREATE TABLE "m" (
	"a" integer PRIMARY KEY NOT NULL,
	"b" integer
);
