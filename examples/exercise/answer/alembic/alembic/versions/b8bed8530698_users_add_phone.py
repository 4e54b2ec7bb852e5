"""split name, step 1 of 6

Revision ID: b8bed8530698
Revises: 1a7c2e9b4d10
Create Date: 2026-11-26 12:00:00.000000

"""
from typing import Sequence, Union

from alembic import op


# revision identifiers, used by Alembic.
revision: str = 'b8bed8530698'
down_revision: Union[str, Sequence[str], None] = '1a7c2e9b4d10'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    # Step 1 of 7 · split name · instant, waits at most 100 ms for users at a time (ACCESS EXCLUSIVE)
    # If it fails: nothing has changed. Run the same command again
    # Undo: DROP TRIGGER IF EXISTS zzz_users_first_name_sync ON users; DROP FUNCTION IF EXISTS users_first_name_sync; ALTER TABLE users DROP COLUMN IF EXISTS last_name, DROP COLUMN IF EXISTS first_name, DROP COLUMN IF EXISTS status, DROP COLUMN IF EXISTS phone;
    with op.get_context().autocommit_block():
        op.execute("""
DO $safestep$
BEGIN
  FOR attempt IN 1..60 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true), pg_advisory_xact_lock(hashtext('users'));

      IF 4 > (SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('users')
        AND (attname, atttypid) IN (('phone', 'TEXT'::regtype), ('status', 'TEXT'::regtype), ('first_name', 'TEXT'::regtype), ('last_name', 'TEXT'::regtype))) THEN
        ALTER TABLE users ADD COLUMN phone TEXT,
          ADD COLUMN status TEXT NOT NULL DEFAULT 'active',
          ADD COLUMN first_name TEXT,
          ADD COLUMN last_name TEXT;
      END IF;
      CREATE OR REPLACE FUNCTION users_first_name_sync() RETURNS trigger LANGUAGE plpgsql AS $sync$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.first_name IS NULL THEN
      NEW.first_name := (SELECT split_part(name, ' ', 1) FROM (SELECT NEW.*) AS users);
    END IF;
    IF NEW.last_name IS NULL THEN
      NEW.last_name := (SELECT nullif(substr(name, strpos(name, ' ') + 1), name) FROM (SELECT NEW.*) AS users);
    END IF;
  ELSIF NEW.name IS DISTINCT FROM OLD.name THEN
    /* code that does not know a column leaves it as it is */
    IF NOT (NEW.first_name IS DISTINCT FROM OLD.first_name) THEN
      NEW.first_name := (SELECT split_part(name, ' ', 1) FROM (SELECT NEW.*) AS users);
    END IF;
    IF NOT (NEW.last_name IS DISTINCT FROM OLD.last_name) THEN
      NEW.last_name := (SELECT nullif(substr(name, strpos(name, ' ') + 1), name) FROM (SELECT NEW.*) AS users);
    END IF;
  END IF;
  RETURN NEW;
END
$sync$;
      IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass('users') AND tgname = 'zzz_users_first_name_sync') THEN
        CREATE TRIGGER zzz_users_first_name_sync BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION users_first_name_sync();
      END IF;

      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 60 THEN RAISE; END IF;
    END;
    COMMIT;
    PERFORM pg_sleep(0.5 + random());
  END LOOP;
END
$safestep$
""")


def downgrade() -> None:
    """Downgrade schema."""
    with op.get_context().autocommit_block():
        op.execute("""
DO $safestep$
BEGIN
  FOR attempt IN 1..60 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true), pg_advisory_xact_lock(hashtext('users'));

      DROP TRIGGER IF EXISTS zzz_users_first_name_sync ON users;

      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 60 THEN RAISE; END IF;
    END;
    COMMIT;
    PERFORM pg_sleep(0.5 + random());
  END LOOP;
END
$safestep$
""")
        op.execute("""
DO $safestep$
BEGIN
  FOR attempt IN 1..60 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true), pg_advisory_xact_lock(hashtext('safestep'));

      DROP FUNCTION IF EXISTS users_first_name_sync;

      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 60 THEN RAISE; END IF;
    END;
    COMMIT;
    PERFORM pg_sleep(0.5 + random());
  END LOOP;
END
$safestep$
""")
        op.execute("""
DO $safestep$
BEGIN
  FOR attempt IN 1..60 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true), pg_advisory_xact_lock(hashtext('users'));

      ALTER TABLE users DROP COLUMN IF EXISTS last_name,
        DROP COLUMN IF EXISTS first_name,
        DROP COLUMN IF EXISTS status,
        DROP COLUMN IF EXISTS phone;

      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 60 THEN RAISE; END IF;
    END;
    COMMIT;
    PERFORM pg_sleep(0.5 + random());
  END LOOP;
END
$safestep$
""")
