"""In a batch

Revision ID: 4b3d8f0e2a54
Revises: 3a2c7e9d1f43
Create Date: 2026-11-20 10:00:00.000000

"""

import sqlalchemy as sa
from alembic import op

revision = "4b3d8f0e2a54"
down_revision = "3a2c7e9d1f43"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.alter_column("name", existing_type=sa.TEXT(), nullable=False)
        batch_op.create_index(batch_op.f("ix_users_name"), ["name"], unique=False)
        batch_op.create_foreign_key("users_team", "teams", ["team_id"], ["id"])


def downgrade():
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_constraint("users_team", type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_users_name"))
        batch_op.alter_column("name", existing_type=sa.TEXT(), nullable=True)
