"""init

Revision ID: 9c8e3a5f7b09
Revises: 
Create Date: 2026-11-20 09:00:00.000000

"""

from alembic import op

revision = "9c8e3a5f7b09"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    op.execute("CREATE TABLE users (id serial PRIMARY KEY, name text, mood mood)")


def downgrade():
    op.execute("DROP TABLE users")
    op.execute("DROP TYPE mood")
