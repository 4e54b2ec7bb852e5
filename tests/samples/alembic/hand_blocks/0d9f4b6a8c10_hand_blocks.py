"""Blocks that the author wrote

Revision ID: 0d9f4b6a8c10
Revises: 9c8e3a5f7b09
Create Date: 2026-11-20 10:00:00.000000

"""

from alembic import op

revision = "0d9f4b6a8c10"
down_revision = "9c8e3a5f7b09"
branch_labels = None
depends_on = None


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'happy'")
    op.alter_column("users", "mood", server_default="happy")
    with op.get_context().autocommit_block():
        op.create_index(
            "users_name",
            "users",
            ["name"],
            postgresql_concurrently=True,
        )


def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index("users_name", postgresql_concurrently=True)
    op.alter_column("users", "mood", server_default=None)
