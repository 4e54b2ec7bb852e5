"""split name, step 3 of 6

Revision ID: 11b8d8f5edd9
Revises: 8f349128bcaf
Create Date: 2026-11-26 12:00:00.000000

"""
from typing import Sequence, Union

from alembic import op


# revision identifiers, used by Alembic.
revision: str = '11b8d8f5edd9'
down_revision: Union[str, Sequence[str], None] = '8f349128bcaf'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    # Step 3 of 7 · split name · takes its time; reads and writes go on (SHARE UPDATE EXCLUSIVE)
    # If it fails: it leaves an INVALID index. Run the same command again: it is dropped and built anew
    # Undo: DROP INDEX CONCURRENTLY IF EXISTS ix_users_status_created_at;
    with op.get_context().autocommit_block():
        # Before step 3: another build is waited for, an INVALID ix_users_status_created_at that a failed one left is dropped
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
      IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('ix_users_status_created_at') AND indrelid = to_regclass('users') AND NOT indisvalid) THEN
        PERFORM set_config('lock_timeout', '2s', true);
        LOCK TABLE users IN SHARE UPDATE EXCLUSIVE MODE;
        PERFORM set_config('lock_timeout', '100ms', true);
        IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('ix_users_status_created_at') AND NOT indisvalid) THEN
          DROP INDEX ix_users_status_created_at;
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
        op.execute('CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_users_status_created_at ON users (status, created_at DESC)')
        # After step 3: the index must be valid
        op.execute("""
DO $safestep$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('ix_users_status_created_at') AND indrelid = to_regclass('users')
    AND indisvalid AND NOT indisunique AND indpred IS NULL
    AND ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = indexrelid AND attnum <= indnkeyatts ORDER BY attnum)
      = ARRAY['status', 'created_at']::name[]) THEN
    RAISE EXCEPTION 'ix_users_status_created_at is not valid, or not the index that this file builds: drop it and run the same command again';
  END IF;
END
$safestep$
""")


def downgrade() -> None:
    """Downgrade schema."""
    with op.get_context().autocommit_block():
        op.execute('DROP INDEX CONCURRENTLY IF EXISTS ix_users_status_created_at')
