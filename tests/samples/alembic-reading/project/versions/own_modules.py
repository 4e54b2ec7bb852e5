"""What a revision imports from its project: constants, enumerations, types of columns."""

import sqlalchemy as sa
from alembic import op
from shop import Slug, constants
from shop.constants import SCHEMA, Level
from shop.types import Guid, Moment, Money, Short

revision = "own_modules"
down_revision = None


def upgrade():
    op.create_table(
        "order",
        sa.Column("id", Guid(), primary_key=True),
        sa.Column("code", Short(length=20)),
        sa.Column("slug", Slug(40), unique=True),
        sa.Column("made", Moment),
        sa.Column("total", Money()),
        sa.Column("size", sa.Enum(constants.Size)),
        schema=SCHEMA,
    )
    for state in constants.STATES:
        op.add_column("order", sa.Column(state, sa.Boolean()), schema=SCHEMA)
    op.execute(f"UPDATE {SCHEMA}.order SET level = {Level.HIGH.value}")
    labels = ", ".join(f"'{size.name}'" for size in constants.Size)
    op.execute(f"SELECT {labels}")


def downgrade():
    op.drop_table("order", schema=SCHEMA)
