"""Annotations are moderated

Revision ID: 4d2e6f8a0b31
Revises: 3c1d5e7f9a20
Create Date: 2026-11-20 10:00:00.000000

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "4d2e6f8a0b31"
down_revision = "3c1d5e7f9a20"
branch_labels = None
depends_on = None


def upgrade():
    status = postgresql.ENUM("approved", "denied", name="status", create_type=False)
    status.create(op.get_bind(), checkfirst=True)
    op.add_column("annotations", sa.Column("status", status, nullable=True))
    op.create_index("annotations_status_idx", "annotations", ["status"])


def downgrade():
    # The type stays: another application has it, too.
    op.drop_index("annotations_status_idx", table_name="annotations")
    op.drop_column("annotations", "status")
