"""init

Revision ID: 3c1d5e7f9a20
Revises: 
Create Date: 2026-11-20 09:00:00.000000

"""

from alembic import op

revision = "3c1d5e7f9a20"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE TABLE annotations (id serial PRIMARY KEY, text text)")


def downgrade():
    op.execute("DROP TABLE annotations")
