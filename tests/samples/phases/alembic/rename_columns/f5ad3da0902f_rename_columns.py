"""rename_columns

Revision ID: f5ad3da0902f
Revises: 774c4613f1e9
Create Date: 2026-11-27 21:10:19.803243

"""
from typing import Sequence, Union

from alembic import op

# revision identifiers, used by Alembic.
revision: str = 'f5ad3da0902f'
down_revision: Union[str, Sequence[str], None] = '774c4613f1e9'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.alter_column("users", "name", new_column_name="full_name")
    op.alter_column("users", "nick", new_column_name="handle")
    op.alter_column("users", "plan", new_column_name="tier")
    op.alter_column("users", "about", new_column_name="bio")
    op.alter_column("users", "seen_at", new_column_name="last_seen_at")


def downgrade() -> None:
    """Downgrade schema."""
    op.alter_column("users", "last_seen_at", new_column_name="seen_at")
    op.alter_column("users", "bio", new_column_name="about")
    op.alter_column("users", "tier", new_column_name="plan")
    op.alter_column("users", "handle", new_column_name="nick")
    op.alter_column("users", "full_name", new_column_name="name")
