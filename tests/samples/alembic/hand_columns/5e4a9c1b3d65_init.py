"""init

Revision ID: 5e4a9c1b3d65
Revises: 
Create Date: 2026-11-20 09:00:00.000000

"""

from alembic import op

revision = "5e4a9c1b3d65"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE TABLE teams (id serial PRIMARY KEY, name text)")
    op.execute("CREATE TABLE users (id serial PRIMARY KEY, name text)")


def downgrade():
    op.execute("DROP TABLE users, teams")
