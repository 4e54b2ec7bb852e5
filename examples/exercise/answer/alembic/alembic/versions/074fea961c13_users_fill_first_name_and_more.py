"""split name, step 4 of 6

Revision ID: 074fea961c13
Revises: 11b8d8f5edd9
Create Date: 2026-11-26 12:00:00.000000

"""
from typing import Sequence, Union

from alembic import op


# revision identifiers, used by Alembic.
revision: str = '074fea961c13'
down_revision: Union[str, Sequence[str], None] = '11b8d8f5edd9'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    # Step 4 of 7 · split name · fills rows in batches of 1000, each with its own commit
    # If it fails: the batches so far are kept. Run the same command again: it goes on where it was
    # Undo: nothing to undo
    with op.get_context().autocommit_block():
        op.execute("""
DO $safestep$
DECLARE
  bf_from1 users.id%TYPE; bf_next1 users.id%TYPE;
  bf_more boolean;
  bf_tries int;
BEGIN
  SELECT id INTO bf_from1 FROM users ORDER BY id LIMIT 1;
  bf_more := FOUND;
  WHILE bf_more LOOP
    SELECT id INTO bf_next1 FROM users WHERE id >= bf_from1 ORDER BY id OFFSET 1000 LIMIT 1;
    bf_more := FOUND;
    bf_tries := 0;
    LOOP
      BEGIN
        PERFORM set_config('lock_timeout', '2s', true);

        UPDATE users SET first_name = split_part(name, ' ', 1), last_name = nullif(substr(name, strpos(name, ' ') + 1), name)
        WHERE id >= bf_from1 AND (NOT bf_more OR id < bf_next1) AND first_name IS NULL AND last_name IS NULL;
        UPDATE users SET first_name = split_part(name, ' ', 1)
        WHERE id >= bf_from1 AND (NOT bf_more OR id < bf_next1) AND first_name IS NULL;
        UPDATE users SET last_name = nullif(substr(name, strpos(name, ' ') + 1), name)
        WHERE id >= bf_from1 AND (NOT bf_more OR id < bf_next1) AND last_name IS NULL;

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
$safestep$
""")


def downgrade() -> None:
    """Downgrade schema."""
