CREATE TABLE "m" (
	"a" integer,
	"b" integer,
	CONSTRAINT "m_pkey" PRIMARY KEY("a","b")
);
