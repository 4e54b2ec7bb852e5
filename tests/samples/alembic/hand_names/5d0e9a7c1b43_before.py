"""Users

Revision ID: 5d0e9a7c1b43
Revises:
Create Date: 2026-11-20 09:00:00.000000

"""

import sqlalchemy as sa
from alembic import op

revision = "5d0e9a7c1b43"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("users_mail", "users", ["mail"])


def downgrade():
    op.drop_table("users")
