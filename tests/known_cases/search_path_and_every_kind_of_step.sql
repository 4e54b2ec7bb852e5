-- prisma
-- Under search_path a bare name is looked for in the path's schemas, also by what runs later, alone and in another session.
-- before.sql
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('calm', 'wild');
CREATE FUNCTION app.is_fine(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT length($1) < 9';
CREATE TABLE app."User" (id serial PRIMARY KEY, a text, m int DEFAULT 3, at timestamp);
CREATE TABLE app."Post" (id serial PRIMARY KEY, "authorId" int);
CREATE TABLE "User" (id serial PRIMARY KEY, a text, m int);
CREATE INDEX "User_m_idx" ON "User"(m);
CREATE INDEX "User_m_idx" ON app."User"(m);

-- rows
INSERT INTO app."User"(a, m) SELECT 'x' || g, nullif(g % 3, 0) FROM generate_series(1, 30) g;
INSERT INTO app."Post"("authorId") SELECT g FROM generate_series(1, 30) g;
INSERT INTO "User"(a) SELECT NULL FROM generate_series(1, 30) g;

-- migration.sql
SET search_path TO app;
ALTER TABLE "User" ALTER COLUMN a SET NOT NULL;
ALTER TABLE "User" ALTER COLUMN m SET NOT NULL;
ALTER TABLE "User" ADD COLUMN mood mood NOT NULL DEFAULT 'calm';
ALTER TABLE "User" ADD CONSTRAINT "User_a_check" CHECK (is_fine(a));
CREATE INDEX "Post_authorId_idx" ON "Post"("authorId" DESC) WHERE "authorId" IS NOT NULL;
DROP INDEX "User_m_idx";
ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"(id) ON DELETE CASCADE;
CREATE TYPE size AS ENUM ('s', 'l');
CREATE TABLE "Tag" (id serial PRIMARY KEY, size size, "postId" int REFERENCES "Post"(id));
CREATE VIEW fine AS SELECT id FROM "User" WHERE is_fine(a);
INSERT INTO "Tag" ("postId") SELECT id FROM "Post";
RESET search_path;
ALTER TABLE "User" ADD COLUMN b text;
