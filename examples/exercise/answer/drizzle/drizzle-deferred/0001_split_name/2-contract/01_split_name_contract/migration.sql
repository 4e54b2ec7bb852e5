-- Step 7 of 7 of split_name: it has its own commit, so COMMIT ends the migrator's transaction first.
-- When it fails, the same command begins this file again: what was done runs again as a no-op.
COMMIT;
--> statement-breakpoint
-- Step 7 of 7 · split_name · instant, waits at most 100 ms for "users" at a time (ACCESS EXCLUSIVE)
-- If it fails: nothing has changed. Run the same command again
-- Undo: not possible: what it removes is gone
-- safestep: ignore[drop-column] it runs when the deploy before it is out
DO $safestep$
BEGIN
  FOR attempt IN 1..60 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true), pg_advisory_xact_lock(hashtext('"users"'));

      DROP TRIGGER IF EXISTS "zzz_users_first_name_sync" ON "users";
      DROP FUNCTION IF EXISTS "users_first_name_sync";
      ALTER TABLE "users" DROP COLUMN IF EXISTS "name";

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
-- The migrator goes on in a transaction: its ledger belongs to it.
START TRANSACTION;