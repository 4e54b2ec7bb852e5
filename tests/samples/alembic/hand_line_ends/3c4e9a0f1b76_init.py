"""init

Revision ID: 3c4e9a0f1b76
Revises:
"""
from alembic import op

revision = '3c4e9a0f1b76'
down_revision = None


def upgrade():
	op.execute("CREATE TABLE users (id serial PRIMARY KEY, name text)")


def downgrade():
	op.drop_table('users')
