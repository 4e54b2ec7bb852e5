"""split name, step 2 of 6

Revision ID: 8f349128bcaf
Revises: b8bed8530698
Create Date: 2026-11-26 12:00:00.000000

"""
from typing import Sequence, Union

from alembic import op


# revision identifiers, used by Alembic.
revision: str = '8f349128bcaf'
down_revision: Union[str, Sequence[str], None] = 'b8bed8530698'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    # Step 2 of 7 · split name · takes its time; reads and writes go on (SHARE UPDATE EXCLUSIVE)
    # If it fails: it leaves an INVALID index. Run the same command again: it is dropped and built anew
    # Undo: DROP INDEX CONCURRENTLY IF EXISTS users_phone_key;
    with op.get_context().autocommit_block():
        # Before step 2: another build is waited for, an INVALID users_phone_key that a failed one left is dropped
        op.execute("""
DO $safestep$
BEGIN
  FOR attempt IN 1..600 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true);

      IF NOT pg_try_advisory_xact_lock(hashtext('users')) OR EXISTS (
        SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE relation = to_regclass('users') AND mode = 'ShareUpdateExclusiveLock'
          AND datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()) OR EXISTS (
        SELECT FROM pg_stat_activity WHERE state = 'idle' AND left(query, 200) = left(current_query(), 200)
          AND datname = current_database() AND pid <> pg_backend_pid() AND state_change > clock_timestamp() - interval '5 s') THEN
        RAISE lock_not_available USING MESSAGE = 'another session builds an index on users or vacuums it: run the same command again when it is done';
      END IF;
      IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('users_phone_key') AND indrelid = to_regclass('users') AND NOT indisvalid) THEN
        PERFORM set_config('lock_timeout', '2s', true);
        LOCK TABLE users IN SHARE UPDATE EXCLUSIVE MODE;
        PERFORM set_config('lock_timeout', '100ms', true);
        IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('users_phone_key') AND NOT indisvalid) THEN
          DROP INDEX users_phone_key;
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
$safestep$
""")
        op.execute('CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS users_phone_key ON users (phone)')
        # After step 2: the index must be valid
        op.execute("""
DO $safestep$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('users_phone_key') AND indrelid = to_regclass('users')
    AND indisvalid AND indisunique AND indpred IS NULL
    AND ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = indexrelid AND attnum <= indnkeyatts ORDER BY attnum)
      = ARRAY['phone']::name[]) THEN
    RAISE EXCEPTION 'users_phone_key is not valid, or not the index that this file builds: drop it and run the same command again';
  END IF;
END
$safestep$
""")


def downgrade() -> None:
    """Downgrade schema."""
    with op.get_context().autocommit_block():
        op.execute('DROP INDEX CONCURRENTLY IF EXISTS users_phone_key')
