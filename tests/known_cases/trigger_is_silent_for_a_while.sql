-- prisma
-- A trigger that fires before and after a migration fires for everybody else all the time.
-- before.sql
CREATE TABLE "users" ("id" SERIAL PRIMARY KEY, "email" TEXT NOT NULL, "name" TEXT, "age" INT);
CREATE TABLE "posts" ("id" SERIAL PRIMARY KEY, "title" TEXT);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := NEW.name || '!'; RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE UPDATE ON "users" FOR EACH ROW EXECUTE FUNCTION stamp();

-- rows
INSERT INTO "users" ("email", "name", "age") SELECT 'e' || i, 'n' || i, i FROM generate_series(1, 30) i;
INSERT INTO "posts" ("title") SELECT 't' || i FROM generate_series(1, 30) i;

-- migration.sql
ALTER TABLE "users" DISABLE TRIGGER stamp;
UPDATE "users" SET "age" = "age" + 1 WHERE "age" > 3;
ALTER TABLE "users" ENABLE TRIGGER stamp;
UPDATE "users" SET "email" = 'q' || "email" WHERE "age" > 9;
CREATE INDEX "posts_title" ON "posts"("title");
