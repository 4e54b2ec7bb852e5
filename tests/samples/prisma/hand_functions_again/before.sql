CREATE TABLE "User" (
  "id" SERIAL PRIMARY KEY,
  "email" TEXT,
  "age" INTEGER
);

CREATE FUNCTION "user_count"() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM "User"';

CREATE FUNCTION "oldest"() RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT max("age") FROM "User"';

REVOKE ALL ON FUNCTION "user_count"() FROM PUBLIC;

CREATE VIEW "emails" AS SELECT "id", "email" FROM "User";
