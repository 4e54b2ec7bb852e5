"""Keys and indexes

Revision ID: 4d3f8b0a2c54
Revises: 3c2e7a9f1b43
Create Date: 2026-11-20 10:00:00.000000

"""

import sqlalchemy as sa
from alembic import op

revision = "4d3f8b0a2c54"
down_revision = "3c2e7a9f1b43"
branch_labels = None
depends_on = None


def upgrade():
    op.create_primary_key("plain_pkey", "plain", ["id"])
    op.create_index("plain_code", "plain", ["code"], unique=True)
    op.drop_index("keyed_code", table_name="keyed")
    op.create_index("keyed_code", "keyed", ["code", sa.text("id DESC")])
    op.drop_constraint("keyed_place", "keyed", type_="unique")
    op.create_unique_constraint("keyed_place", "keyed", ["place", "code"])


def downgrade():
    op.drop_constraint("keyed_place", "keyed", type_="unique")
    op.create_unique_constraint("keyed_place", "keyed", ["place"])
    op.drop_index("keyed_code", table_name="keyed")
    op.create_index("keyed_code", "keyed", ["code"])
    op.drop_index("plain_code", table_name="plain")
    op.drop_constraint("plain_pkey", "plain", type_="primary")
