"""split name, step 5 of 6

Revision ID: 2d7d88acb11a
Revises: 074fea961c13
Create Date: 2026-11-26 12:00:00.000000

"""
from typing import Sequence, Union

from alembic import op


# revision identifiers, used by Alembic.
revision: str = '2d7d88acb11a'
down_revision: Union[str, Sequence[str], None] = '074fea961c13'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    # Step 5 of 7 · split name · instant, waits at most 100 ms for users at a time (ACCESS EXCLUSIVE)
    # If it fails: nothing has changed. Run the same command again
    # Undo: ALTER TABLE users DROP CONSTRAINT IF EXISTS users_phone_key;
    with op.get_context().autocommit_block():
        op.execute("""
DO $safestep$
BEGIN
  FOR attempt IN 1..60 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true), pg_advisory_xact_lock(hashtext('users'));

      IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = to_regclass('users') AND conname = 'users_phone_key' AND contype = 'u') THEN
        ALTER TABLE users ADD CONSTRAINT users_phone_key UNIQUE USING INDEX users_phone_key;
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

      ALTER TABLE users DROP CONSTRAINT IF EXISTS users_phone_key;

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
