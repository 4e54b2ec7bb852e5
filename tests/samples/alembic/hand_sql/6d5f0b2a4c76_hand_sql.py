"""SQL with all that Python and SQLAlchemy look at

Revision ID: 6d5f0b2a4c76
Revises: 5c4e9a1f3b65
Create Date: 2026-11-20 10:00:00.000000

"""

from alembic import op

revision = "6d5f0b2a4c76"
down_revision = "5c4e9a1f3b65"
branch_labels = None
depends_on = None


TABLE = 'app."Order"'


def upgrade():
    op.execute(
        rf"""
        -- times are between 08:00 and 20:00, see \:notes
        ALTER TABLE {TABLE} ADD CONSTRAINT "at day" CHECK ("at"::time >= time '01:00:00' - interval '1:00');
        ALTER TABLE {TABLE} ADD CONSTRAINT plain CHECK (note !~ '^\\:\w+%s$' AND note <> E'\\:x' AND note <> '\:a:b');
        """
    )
    op.execute(
        f"""CREATE INDEX "extra's" ON {TABLE} ((extra->>'a:b')) """
        "WHERE note <> '\"\"\"' AND note <> '''' AND extra <> '{\"a\"\\:1}'"
    )
    op.execute(f"ALTER TABLE {TABLE} ALTER COLUMN extra SET DEFAULT " "'{\"a\"\\:1,\"b\"\\: \"%(x)s %\"}'")


def downgrade():
    op.execute(f"ALTER TABLE {TABLE} ALTER COLUMN extra DROP DEFAULT")
    op.execute("""DROP INDEX app."extra's" """)
    op.execute(f"""ALTER TABLE {TABLE} DROP CONSTRAINT plain, DROP CONSTRAINT "at day" """)
