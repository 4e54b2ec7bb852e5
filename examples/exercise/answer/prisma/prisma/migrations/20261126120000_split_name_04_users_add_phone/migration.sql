-- Step 4 of 7 · split_name · instant, waits at most 100 ms for "users" at a time (ACCESS EXCLUSIVE)
-- If it fails: nothing has changed. prisma migrate resolve --rolled-back 20261126120000_split_name_04_users_add_phone, then prisma migrate deploy
-- Undo: ALTER TABLE "users" DROP COLUMN IF EXISTS "status", DROP COLUMN IF EXISTS "phone";
DO $safestep$
BEGIN
  FOR attempt IN 1..60 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true);

      ALTER TABLE "users" ADD COLUMN "phone" TEXT,
        ADD COLUMN "status" TEXT NOT NULL DEFAULT 'active';

      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 60 THEN RAISE; END IF;
    END;
    COMMIT;
    PERFORM pg_sleep(0.5 + random());
  END LOOP;
END
$safestep$;
