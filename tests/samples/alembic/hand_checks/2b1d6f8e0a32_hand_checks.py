"""Ages and heights make sense

Revision ID: 2b1d6f8e0a32
Revises: 1a0c5e7d9f21
Create Date: 2026-11-20 10:00:00.000000

"""

import sqlalchemy as sa
from alembic import op

revision = "2b1d6f8e0a32"
down_revision = "1a0c5e7d9f21"
branch_labels = None
depends_on = None


def upgrade():
    op.create_check_constraint("users_age", "users", "age IS NULL OR age > -2147483648")
    op.drop_constraint("users_height", "users", type_="check")
    op.create_check_constraint("users_height", "users", sa.column("height") > -2)
    op.create_check_constraint("users_name", "users", "name <> '\\:none'", postgresql_not_valid=True)


def downgrade():
    op.drop_constraint("users_name", "users", type_="check")
    op.drop_constraint("users_height", "users", type_="check")
    op.create_check_constraint("users_height", "users", "height > -1")
    op.drop_constraint("users_age", "users", type_="check")
