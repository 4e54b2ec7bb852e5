"""New columns of every kind

Revision ID: 6f5b0d2c4e76
Revises: 5e4a9c1b3d65
Create Date: 2026-11-20 10:00:00.000000

"""

import sqlalchemy as sa
from alembic import op

revision = "6f5b0d2c4e76"
down_revision = "5e4a9c1b3d65"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        "users",
        sa.Column(
            "seen",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
    )
    op.add_column(
        "users",
        sa.Column("team_id", sa.Integer(), sa.ForeignKey("teams.id"), index=True),
    )
    op.add_column("users", sa.Column("email", sa.Text(), unique=True))
    op.add_column("teams", sa.Column("number", sa.BigInteger(), sa.Identity()))
    op.execute("ALTER TABLE teams ADD COLUMN place serial")


def downgrade():
    op.drop_column("teams", "place")
    op.drop_column("teams", "number")
    op.drop_column("users", "email")
    op.drop_column("users", "team_id")
    op.drop_column("users", "seen")
