"""init

Revision ID: 1e0a5c7b9d21
Revises: 
Create Date: 2026-11-20 09:00:00.000000

"""

from alembic import op

revision = "1e0a5c7b9d21"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE TABLE users (id serial PRIMARY KEY, name text, nick text, level int)")
    op.execute("CREATE TABLE levels (level int PRIMARY KEY, title text)")


def downgrade():
    op.execute("DROP TABLE users, levels")
