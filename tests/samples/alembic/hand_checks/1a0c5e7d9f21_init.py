"""init

Revision ID: 1a0c5e7d9f21
Revises: 
Create Date: 2026-11-20 09:00:00.000000

"""

from alembic import op

revision = "1a0c5e7d9f21"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE TABLE users (id serial PRIMARY KEY, age int, height int, name text)")
    op.execute("ALTER TABLE users ADD CONSTRAINT users_height CHECK (height > -1)")


def downgrade():
    op.execute("DROP TABLE users")
