"""Guests are the default

Revision ID: 8b7d2f4e6a98
Revises: 7a6c1e3d5f87
Create Date: 2026-11-20 10:00:00.000000

"""

from alembic import op

revision = "8b7d2f4e6a98"
down_revision = "7a6c1e3d5f87"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TYPE role ADD VALUE 'guest'")
    op.alter_column("users", "role", server_default="guest")


def downgrade():
    op.alter_column("users", "role", server_default=None)
