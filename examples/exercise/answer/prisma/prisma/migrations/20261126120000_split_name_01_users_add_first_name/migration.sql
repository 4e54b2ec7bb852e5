-- Step 1 of 7 · split_name · instant, waits at most 100 ms for "users" at a time (ACCESS EXCLUSIVE)
-- If it fails: nothing has changed. prisma migrate resolve --rolled-back 20261126120000_split_name_01_users_add_first_name, then prisma migrate deploy
-- Undo: DROP TRIGGER IF EXISTS "zzz_users_first_name_sync" ON "users"; DROP FUNCTION IF EXISTS "users_first_name_sync"; ALTER TABLE "users" DROP COLUMN IF EXISTS "last_name", DROP COLUMN IF EXISTS "first_name";
/*
  Warnings:

  - You are about to drop the column `name` on the `users` table. All the data in the column will be lost.
  - A unique constraint covering the columns `[phone]` on the table `users` will be added. If there are existing duplicate values, this will fail.

*/
-- AlterTable
DO $safestep$
BEGIN
  FOR attempt IN 1..60 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true);

      ALTER TABLE "users" ADD COLUMN "first_name" TEXT,
        ADD COLUMN "last_name" TEXT;
      CREATE OR REPLACE FUNCTION "users_first_name_sync"() RETURNS trigger LANGUAGE plpgsql AS $sync$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW."first_name" IS NULL THEN
      NEW."first_name" := (SELECT split_part(name, ' ', 1) FROM (SELECT NEW.*) AS "users");
    END IF;
    IF NEW."last_name" IS NULL THEN
      NEW."last_name" := (SELECT nullif(substr(name, strpos(name, ' ') + 1), name) FROM (SELECT NEW.*) AS "users");
    END IF;
  ELSIF NEW."name" IS DISTINCT FROM OLD."name" THEN
    /* code that does not know a column leaves it as it is */
    IF NOT (NEW."first_name" IS DISTINCT FROM OLD."first_name") THEN
      NEW."first_name" := (SELECT split_part(name, ' ', 1) FROM (SELECT NEW.*) AS "users");
    END IF;
    IF NOT (NEW."last_name" IS DISTINCT FROM OLD."last_name") THEN
      NEW."last_name" := (SELECT nullif(substr(name, strpos(name, ' ') + 1), name) FROM (SELECT NEW.*) AS "users");
    END IF;
  END IF;
  RETURN NEW;
END
$sync$;
      CREATE TRIGGER "zzz_users_first_name_sync" BEFORE INSERT OR UPDATE ON "users" FOR EACH ROW EXECUTE FUNCTION "users_first_name_sync"();

      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 60 THEN RAISE; END IF;
    END;
    COMMIT;
    PERFORM pg_sleep(0.5 + random());
  END LOOP;
END
$safestep$;
