-- Step 7 of 7 · split_name · instant, waits at most 100 ms for "users" at a time (ACCESS EXCLUSIVE)
-- If it fails: nothing has changed. prisma migrate resolve --rolled-back NAME-BY-SAFESTEP-RELEASE, then prisma migrate deploy
-- Undo: not possible: what it removes is gone
-- safestep: ignore[drop-column] it runs when the deploy before it is out
DO $safestep$
BEGIN
  FOR attempt IN 1..60 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true);

      DROP TRIGGER IF EXISTS "zzz_users_first_name_sync" ON "users";
      DROP FUNCTION IF EXISTS "users_first_name_sync";
      ALTER TABLE "users" DROP COLUMN "name";

      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 60 THEN RAISE; END IF;
    END;
    COMMIT;
    PERFORM pg_sleep(0.5 + random());
  END LOOP;
END
$safestep$;
