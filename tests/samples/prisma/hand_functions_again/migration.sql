DROP FUNCTION "user_count"();
CREATE FUNCTION "user_count"() RETURNS numeric LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*)::numeric FROM "User"';

CREATE INDEX "User_email_idx" ON "User" ("email");

DROP FUNCTION "oldest"();
CREATE FUNCTION "oldest"() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT max("age")::bigint FROM "User"';

DROP VIEW "emails";
CREATE VIEW "emails" AS SELECT "id", "email", "age" FROM "User";

COMMENT ON COLUMN "User"."age" IS 'in years';

-- who may call them
REVOKE ALL ON FUNCTION "user_count"() FROM PUBLIC;
REVOKE ALL ON FUNCTION "oldest"() FROM PUBLIC;
