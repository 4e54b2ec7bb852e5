"""Animals have names

Revision ID: 8f7b2d4c6e98
Revises: 7e6a1c3b5d87
Create Date: 2026-11-20 10:00:00.000000

"""

import json
import logging

import sqlalchemy as sa
from alembic import op

revision = "8f7b2d4c6e98"
down_revision = "7e6a1c3b5d87"
branch_labels = None
depends_on = None


NAMES = ("cats", "dogs")
logger = logging.getLogger("alembic")


def is_there(connection, table):
    """Whether there is such a table."""
    return table in sa.inspect(connection).get_table_names()


def upgrade() -> None:
    """Animals have names."""
    logger.info("names")
    connection = op.get_bind()
    for name in NAMES:
        op.create_index(f"{name}_name", name, ["name"])
    if is_there(connection, "cats"):
        op.alter_column("cats", "age", server_default="1")
    op.alter_column("dogs", "name", nullable=False)
    rows = connection.execute(sa.text("SELECT count(*) FROM cats")).scalar()
    if rows > 1_000_000:
        op.execute("ANALYZE cats")
    # the end


def downgrade() -> None:
    """And none."""
    op.alter_column("dogs", "name", nullable=True)
    op.alter_column("cats", "age", server_default=None)
    for name in NAMES:
        op.drop_index(f"{name}_name", table_name=name)
