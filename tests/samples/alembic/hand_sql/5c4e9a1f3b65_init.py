"""init

Revision ID: 5c4e9a1f3b65
Revises: 
Create Date: 2026-11-20 09:00:00.000000

"""

from alembic import op

revision = "5c4e9a1f3b65"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE SCHEMA app")
    op.execute('CREATE TABLE app."Order" (id serial PRIMARY KEY, "at" timestamptz, note text, extra jsonb)')


def downgrade():
    op.execute("DROP SCHEMA app CASCADE")
