"""init

Revision ID: 7e6a1c3b5d87
Revises: 
Create Date: 2026-11-20 09:00:00.000000

"""

from alembic import op

revision = "7e6a1c3b5d87"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    for name in ("cats", "dogs"):
        op.execute(f"CREATE TABLE {name} (id serial PRIMARY KEY, name text, age int)")


def downgrade():
    op.execute("DROP TABLE cats, dogs")
