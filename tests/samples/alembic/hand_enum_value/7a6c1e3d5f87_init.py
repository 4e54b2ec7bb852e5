"""init

Revision ID: 7a6c1e3d5f87
Revises: 
Create Date: 2026-11-20 09:00:00.000000

"""

from alembic import op

revision = "7a6c1e3d5f87"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE TYPE role AS ENUM ('user', 'admin')")
    op.execute("CREATE TABLE users (id serial PRIMARY KEY, role role)")


def downgrade():
    op.execute("DROP TABLE users")
    op.execute("DROP TYPE role")
