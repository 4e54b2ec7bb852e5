CREATE FUNCTION "tenant"() RETURNS TEXT LANGUAGE plpgsql AS $$ BEGIN RETURN nullif(current_setting('app.tenant', true), ''); END $$;
CREATE TABLE "Log" (
    "line" TEXT,
    "level" INTEGER DEFAULT 1
);
-- two rows of a child may have one id
CREATE TABLE "Reading" (
    "id" INTEGER PRIMARY KEY
);
CREATE TABLE "Reading_old" (
    "source" TEXT
) INHERITS ("Reading");
