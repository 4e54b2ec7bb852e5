"""Names and levels

Revision ID: 2f1b6d8c0e32
Revises: 1e0a5c7b9d21
Create Date: 2026-11-20 10:00:00.000000

"""

import sqlalchemy as sa
from alembic import op

revision = "2f1b6d8c0e32"
down_revision = "1e0a5c7b9d21"
branch_labels = None
depends_on = None


levels = sa.table("levels", sa.column("level", sa.Integer), sa.column("title", sa.Text))


def upgrade():
    # who has no name is called so
    op.execute("UPDATE users SET name = 'nobody: ' || id WHERE name IS NULL")
    op.alter_column("users", "name", existing_type=sa.Text(), nullable=False)
    op.execute(sa.text("UPDATE users SET nick = 'a:b' WHERE nick IS NULL"))
    op.alter_column("users", "nick", existing_type=sa.Text(), nullable=False, server_default="a:b")
    op.bulk_insert(levels, [{"level": 1001, "title": "it's 100 %"}, {"level": 1002, "title": "\\:x"}])


def downgrade():
    op.execute("DELETE FROM levels WHERE level IN (1001, 1002)")
    op.alter_column("users", "nick", existing_type=sa.Text(), nullable=True, server_default=None)
    op.alter_column("users", "name", existing_type=sa.Text(), nullable=True)
