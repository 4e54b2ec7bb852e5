"""init

Revision ID: 3a2c7e9d1f43
Revises: 
Create Date: 2026-11-20 09:00:00.000000

"""

from alembic import op

revision = "3a2c7e9d1f43"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE TABLE teams (id serial PRIMARY KEY)")
    op.execute("CREATE TABLE users (id serial PRIMARY KEY, name text, team_id int)")


def downgrade():
    op.execute("DROP TABLE users, teams")
