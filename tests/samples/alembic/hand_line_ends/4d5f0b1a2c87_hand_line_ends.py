"""Lines end as on Windows

Revision ID: 4d5f0b1a2c87
Revises: 3c4e9a0f1b76
"""
from alembic import op

revision = '4d5f0b1a2c87'
down_revision = '3c4e9a0f1b76'


def upgrade():
	# names are looked up
	op.create_index('users_name', 'users', ['name'])
	op.create_check_constraint(
		'users_named', 'users',
		"""name <> ''
		AND name <> 'none'""",
	)


def downgrade():
	raise NotImplementedError
