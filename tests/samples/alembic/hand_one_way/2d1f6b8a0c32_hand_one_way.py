"""No way back

Revision ID: 2d1f6b8a0c32
Revises: 1c0e5a7f9b21
Create Date: 2026-11-20 10:00:00.000000

"""

from alembic import op

revision = "2d1f6b8a0c32"
down_revision = "1c0e5a7f9b21"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("users_name", "users", ["name"])
    op.create_check_constraint("users_named", "users", "name <> ''")
