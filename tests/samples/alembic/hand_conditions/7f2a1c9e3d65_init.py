"""init

Revision ID: 7f2a1c9e3d65
Revises:
Create Date: 2026-11-20 09:00:00.000000

"""

import sqlalchemy as sa
from alembic import op

revision = "7f2a1c9e3d65"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("mail", sa.Text(), nullable=False),
    )


def downgrade():
    op.drop_table("users")
