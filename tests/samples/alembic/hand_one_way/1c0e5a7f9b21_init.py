"""init

Revision ID: 1c0e5a7f9b21
Revises: 
Create Date: 2026-11-20 09:00:00.000000

"""

from alembic import op

revision = "1c0e5a7f9b21"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE TABLE users (id serial PRIMARY KEY, name text)")


def downgrade():
    op.execute("DROP TABLE users")
