"""Ranks

Revision ID: 0b9d4f6e8a10
Revises: 9a8c3e5d7f09
Create Date: 2026-11-20 10:00:00.000000

"""

import sqlalchemy as sa
from alembic import op

revision = "0b9d4f6e8a10"
down_revision = "9a8c3e5d7f09"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("users", sa.Column("rank", sa.Integer(), nullable=True))
    op.execute("UPDATE users SET rank = level")
    op.alter_column("users", "rank", nullable=False, server_default=sa.text("0"))


def downgrade():
    op.drop_column("users", "rank")
