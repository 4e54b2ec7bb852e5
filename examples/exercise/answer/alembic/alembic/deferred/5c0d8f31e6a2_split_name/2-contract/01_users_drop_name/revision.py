"""split name, contract phase

Revision ID: ID-BY-SAFESTEP-RELEASE
Revises: PREVIOUS-BY-SAFESTEP-RELEASE
Create Date: CREATED-BY-SAFESTEP-RELEASE

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'ID-BY-SAFESTEP-RELEASE'
down_revision: Union[str, Sequence[str], None] = 'PREVIOUS-BY-SAFESTEP-RELEASE'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    # Step 7 of 7 · split name · instant, waits at most 100 ms for users at a time (ACCESS EXCLUSIVE)
    # If it fails: nothing has changed. Run the same command again
    # Undo: not possible: what it removes is gone
    # safestep: ignore[drop-column] it runs when the deploy before it is out
    with op.get_context().autocommit_block():
        op.execute("""
DO $safestep$
BEGIN
  FOR attempt IN 1..60 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true), pg_advisory_xact_lock(hashtext('users'));

      DROP TRIGGER IF EXISTS zzz_users_first_name_sync ON users;
      DROP FUNCTION IF EXISTS users_first_name_sync;
      ALTER TABLE users DROP COLUMN IF EXISTS name;

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
        pass
    op.add_column('users', sa.Column('name', sa.VARCHAR(length=100), autoincrement=False, nullable=True))
    op.execute("""
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
$sync$
""")
    op.execute('CREATE TRIGGER zzz_users_first_name_sync BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION users_first_name_sync()')
