"""Names that something else gets

Revision ID: 6e1f0b8d2c54
Revises: 5d0e9a7c1b43
Create Date: 2026-11-20 10:00:00.000000

"""

import sqlalchemy as sa
from alembic import op

revision = "6e1f0b8d2c54"
down_revision = "5d0e9a7c1b43"
branch_labels = None
depends_on = None


def upgrade():
    # the full name keeps what there is
    op.alter_column("users", "name", new_column_name="full_name")
    op.add_column("users", sa.Column("name", sa.Text(), nullable=True))
    op.alter_column("users", "mail", existing_type=sa.Text(), nullable=False)
    op.drop_index("users_mail", "users")
    op.create_index("users_mail", "users", ["mail", "id"])


def downgrade():
    op.drop_index("users_mail", "users")
    op.create_index("users_mail", "users", ["mail"])
    op.alter_column("users", "mail", existing_type=sa.Text(), nullable=True)
    op.drop_column("users", "name")
    op.alter_column("users", "full_name", new_column_name="name")
