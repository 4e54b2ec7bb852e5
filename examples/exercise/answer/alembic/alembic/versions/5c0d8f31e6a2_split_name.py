"""split name, step 6 of 6

Revision ID: 5c0d8f31e6a2
Revises: 2d7d88acb11a
Create Date: 2026-11-26 12:00:00.000000

"""
from typing import Sequence, Union

from alembic import op


# revision identifiers, used by Alembic.
revision: str = '5c0d8f31e6a2'
down_revision: Union[str, Sequence[str], None] = '2d7d88acb11a'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    # Step 6 of 7 · split name · reads all rows; refuses to go on where one breaks the rule
    # If it fails: some row breaks the rule; nothing has changed. Mend the row, run the same command again
    # Undo: nothing to undo
    with op.get_context().autocommit_block():
        pass
    op.execute("""
DO $safestep$
BEGIN
  IF EXISTS (SELECT 1 FROM users WHERE first_name IS NULL AND (split_part(name, ' ', 1)) IS NOT NULL OR last_name IS NULL AND (nullif(substr(name, strpos(name, ' ') + 1), name)) IS NOT NULL) THEN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'every row must have its users.first_name and users.last_name before code reads them';
  END IF;
END
$safestep$
""")


def downgrade() -> None:
    """Downgrade schema."""
