-- Steps 1 to 6 of 7 of split_name: each has its own commit, so COMMIT ends the migrator's transaction first.
-- When one fails, the same command begins this file again: what was done before stays, and runs again as a no-op.
COMMIT;
--> statement-breakpoint
-- Step 1 of 7 · split_name · instant, waits at most 100 ms for "users" at a time (ACCESS EXCLUSIVE)
-- If it fails: nothing has changed. Run the same command again
-- Undo: DROP TRIGGER IF EXISTS "zzz_users_first_name_sync" ON "users"; DROP FUNCTION IF EXISTS "users_first_name_sync"; ALTER TABLE "users" DROP COLUMN IF EXISTS "last_name", DROP COLUMN IF EXISTS "first_name", DROP COLUMN IF EXISTS "status", DROP COLUMN IF EXISTS "phone";
DO $safestep$
BEGIN
  FOR attempt IN 1..60 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true), pg_advisory_xact_lock(hashtext('"users"'));

      IF 4 > (SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('"users"')
        AND (attname, atttypid) IN (('phone', 'text'::regtype), ('status', 'text'::regtype), ('first_name', 'text'::regtype), ('last_name', 'text'::regtype))) THEN
        ALTER TABLE "users" ADD COLUMN "phone" text,
          ADD COLUMN "status" text NOT NULL DEFAULT 'active',
          ADD COLUMN "first_name" text,
          ADD COLUMN "last_name" text;
      END IF;
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
      IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass('"users"') AND tgname = 'zzz_users_first_name_sync') THEN
        CREATE TRIGGER "zzz_users_first_name_sync" BEFORE INSERT OR UPDATE ON "users" FOR EACH ROW EXECUTE FUNCTION "users_first_name_sync"();
      END IF;

      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 60 THEN RAISE; END IF;
    END;
    COMMIT;
    PERFORM pg_sleep(0.5 + random());
  END LOOP;
END
$safestep$;
--> statement-breakpoint
-- Before step 2: another build is waited for, an INVALID "users_status_created_at_idx" that a failed one left is dropped
DO $safestep$
BEGIN
  FOR attempt IN 1..600 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true);

      IF NOT pg_try_advisory_xact_lock(hashtext('"users"')) OR EXISTS (
        SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE relation = to_regclass('"users"') AND mode = 'ShareUpdateExclusiveLock'
          AND datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()) OR EXISTS (
        SELECT FROM pg_stat_activity WHERE state = 'idle' AND left(query, 200) = left(current_query(), 200)
          AND datname = current_database() AND pid <> pg_backend_pid() AND state_change > clock_timestamp() - interval '5 s') THEN
        RAISE lock_not_available USING MESSAGE = 'another session builds an index on "users" or vacuums it: run the same command again when it is done';
      END IF;
      IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('"users_status_created_at_idx"') AND indrelid = to_regclass('"users"') AND NOT indisvalid) THEN
        PERFORM set_config('lock_timeout', '2s', true);
        LOCK TABLE "users" IN SHARE UPDATE EXCLUSIVE MODE;
        PERFORM set_config('lock_timeout', '100ms', true);
        IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('"users_status_created_at_idx"') AND NOT indisvalid) THEN
          DROP INDEX "users_status_created_at_idx";
        END IF;
      END IF;

      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 600 THEN RAISE; END IF;
    END;
    COMMIT;
    PERFORM pg_sleep(0.5 + random());
  END LOOP;
END
$safestep$;
--> statement-breakpoint
-- Step 2 of 7 · split_name · takes its time; reads and writes go on (SHARE UPDATE EXCLUSIVE)
-- If it fails: it leaves an INVALID index. Run the same command again: it is dropped and built anew
-- Undo: DROP INDEX CONCURRENTLY IF EXISTS "users_status_created_at_idx";
CREATE INDEX CONCURRENTLY IF NOT EXISTS "users_status_created_at_idx" ON "users" USING btree ("status","created_at" DESC NULLS LAST);
--> statement-breakpoint
-- After step 2: the index must be valid
DO $safestep$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('"users_status_created_at_idx"') AND indrelid = to_regclass('"users"')
    AND indisvalid AND NOT indisunique AND indpred IS NULL
    AND ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = indexrelid AND attnum <= indnkeyatts ORDER BY attnum)
      = ARRAY['status', 'created_at']::name[]) THEN
    RAISE EXCEPTION '"users_status_created_at_idx" is not valid, or not the index that this file builds: drop it and run the same command again';
  END IF;
END
$safestep$;
--> statement-breakpoint
-- Step 3 of 7 · split_name · fills rows in batches of 1000, each with its own commit
-- If it fails: the batches so far are kept. Run the same command again: it goes on where it was
-- Undo: nothing to undo
DO $safestep$
DECLARE
  bf_from1 "users"."id"%TYPE; bf_next1 "users"."id"%TYPE;
  bf_more boolean;
  bf_tries int;
BEGIN
  SELECT "id" INTO bf_from1 FROM "users" ORDER BY "id" LIMIT 1;
  bf_more := FOUND;
  WHILE bf_more LOOP
    SELECT "id" INTO bf_next1 FROM "users" WHERE "id" >= bf_from1 ORDER BY "id" OFFSET 1000 LIMIT 1;
    bf_more := FOUND;
    bf_tries := 0;
    LOOP
      BEGIN
        PERFORM set_config('lock_timeout', '2s', true);

        UPDATE "users" SET "first_name" = split_part(name, ' ', 1), "last_name" = nullif(substr(name, strpos(name, ' ') + 1), name)
        WHERE "id" >= bf_from1 AND (NOT bf_more OR "id" < bf_next1) AND "first_name" IS NULL AND "last_name" IS NULL;
        UPDATE "users" SET "first_name" = split_part(name, ' ', 1)
        WHERE "id" >= bf_from1 AND (NOT bf_more OR "id" < bf_next1) AND "first_name" IS NULL;
        UPDATE "users" SET "last_name" = nullif(substr(name, strpos(name, ' ') + 1), name)
        WHERE "id" >= bf_from1 AND (NOT bf_more OR "id" < bf_next1) AND "last_name" IS NULL;

        EXIT;
      EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
        bf_tries := bf_tries + 1;
        IF bf_tries >= 50 THEN RAISE; END IF;
      END;
      COMMIT;
      PERFORM pg_sleep(0.5 + random());
    END LOOP;
    COMMIT;
    PERFORM pg_sleep(0.1);
    bf_from1 := bf_next1;
  END LOOP;
END
$safestep$;
--> statement-breakpoint
-- Before step 4: another build is waited for, an INVALID "users_phone_unique" that a failed one left is dropped
DO $safestep$
BEGIN
  FOR attempt IN 1..600 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true);

      IF NOT pg_try_advisory_xact_lock(hashtext('"users"')) OR EXISTS (
        SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE relation = to_regclass('"users"') AND mode = 'ShareUpdateExclusiveLock'
          AND datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()) OR EXISTS (
        SELECT FROM pg_stat_activity WHERE state = 'idle' AND left(query, 200) = left(current_query(), 200)
          AND datname = current_database() AND pid <> pg_backend_pid() AND state_change > clock_timestamp() - interval '5 s') THEN
        RAISE lock_not_available USING MESSAGE = 'another session builds an index on "users" or vacuums it: run the same command again when it is done';
      END IF;
      IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('"users_phone_unique"') AND indrelid = to_regclass('"users"') AND NOT indisvalid) THEN
        PERFORM set_config('lock_timeout', '2s', true);
        LOCK TABLE "users" IN SHARE UPDATE EXCLUSIVE MODE;
        PERFORM set_config('lock_timeout', '100ms', true);
        IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('"users_phone_unique"') AND NOT indisvalid) THEN
          DROP INDEX "users_phone_unique";
        END IF;
      END IF;

      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 600 THEN RAISE; END IF;
    END;
    COMMIT;
    PERFORM pg_sleep(0.5 + random());
  END LOOP;
END
$safestep$;
--> statement-breakpoint
-- Step 4 of 7 · split_name · takes its time; reads and writes go on (SHARE UPDATE EXCLUSIVE)
-- If it fails: it leaves an INVALID index. Run the same command again: it is dropped and built anew
-- Undo: DROP INDEX CONCURRENTLY IF EXISTS "users_phone_unique";
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "users_phone_unique" ON "users" ("phone");
--> statement-breakpoint
-- After step 4: the index must be valid
DO $safestep$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('"users_phone_unique"') AND indrelid = to_regclass('"users"')
    AND indisvalid AND indisunique AND indpred IS NULL
    AND ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = indexrelid AND attnum <= indnkeyatts ORDER BY attnum)
      = ARRAY['phone']::name[]) THEN
    RAISE EXCEPTION '"users_phone_unique" is not valid, or not the index that this file builds: drop it and run the same command again';
  END IF;
END
$safestep$;
--> statement-breakpoint
-- Step 5 of 7 · split_name · instant, waits at most 100 ms for "users" at a time (ACCESS EXCLUSIVE)
-- If it fails: nothing has changed. Run the same command again
-- Undo: ALTER TABLE "users" DROP CONSTRAINT IF EXISTS "users_phone_unique";
DO $safestep$
BEGIN
  FOR attempt IN 1..60 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true), pg_advisory_xact_lock(hashtext('"users"'));

      IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = to_regclass('"users"') AND conname = 'users_phone_unique' AND contype = 'u') THEN
        ALTER TABLE "users" ADD CONSTRAINT "users_phone_unique" UNIQUE USING INDEX "users_phone_unique";
      END IF;

      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 60 THEN RAISE; END IF;
    END;
    COMMIT;
    PERFORM pg_sleep(0.5 + random());
  END LOOP;
END
$safestep$;
--> statement-breakpoint
-- Step 6 of 7 · split_name · reads all rows; refuses to go on where one breaks the rule
-- If it fails: some row breaks the rule; nothing has changed. Mend the row, run the same command again
-- Undo: nothing to undo
DO $safestep$
BEGIN
  IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('"users"') AND attname = 'name') THEN
    IF EXISTS (SELECT 1 FROM "users" WHERE "first_name" IS NULL AND (split_part(name, ' ', 1)) IS NOT NULL OR "last_name" IS NULL AND (nullif(substr(name, strpos(name, ' ') + 1), name)) IS NOT NULL) THEN
      RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'every row must have its "users"."first_name" and "users"."last_name" before code reads them';
    END IF;
  END IF;
END
$safestep$;
--> statement-breakpoint
-- The migrator goes on in a transaction: its ledger belongs to it.
START TRANSACTION;