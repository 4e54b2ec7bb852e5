-- CreateTable
CREATE TABLE "User" (
    "id" SERIAL NOT NULL,
    "name" TEXT,

    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Visit" (
    "id" BIGSERIAL NOT NULL,
    "userId" INTEGER REFERENCES "User"("id"),
    "page" TEXT NOT NULL CHECK ("page" <> ''),
    "seen" TIMESTAMP(3),

    CONSTRAINT "Visit_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "Visit_lower_idx" ON "Visit" (lower("page"));

CREATE VIEW "Recent" AS SELECT "userId", max("seen") AS "seen" FROM "Visit" GROUP BY "userId";

CREATE FUNCTION "visit_seen"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."seen" := coalesce(NEW."seen", now());
  RETURN NEW;
END
$$;

CREATE TRIGGER "seen" BEFORE INSERT ON "Visit" FOR EACH ROW EXECUTE FUNCTION "visit_seen"();
