"""What its project does not say by itself: an environment variable, a type to which something listens."""

import sqlalchemy as sa
from alembic import op
from shop.constants import REGION
from shop.types import Checked

revision = "unknown_modules"
down_revision = "own_modules"


def upgrade():
    op.add_column("order", sa.Column("checked", Checked()))


def downgrade():
    if REGION not in ["us", "uk"]:
        op.drop_column("order", "checked")
