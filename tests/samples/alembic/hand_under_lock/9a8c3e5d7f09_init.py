"""init

Revision ID: 9a8c3e5d7f09
Revises: 
Create Date: 2026-11-20 09:00:00.000000

"""

from alembic import op

revision = "9a8c3e5d7f09"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE TABLE users (id serial PRIMARY KEY, name text, level int)")


def downgrade():
    op.execute("DROP TABLE users")
