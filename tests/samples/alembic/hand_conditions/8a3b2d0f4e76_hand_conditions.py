"""What only running it decides

Revision ID: 8a3b2d0f4e76
Revises: 7f2a1c9e3d65
Create Date: 2026-11-20 10:00:00.000000

"""

import sqlalchemy as sa
from alembic import op

revision = "8a3b2d0f4e76"
down_revision = "7f2a1c9e3d65"
branch_labels = None
depends_on = None


def upgrade():
    bind = op.get_bind()
    inspector = sa.inspect(bind)
    columns = [column["name"] for column in inspector.get_columns("users")]
    # a database that was set up by hand has it
    if "nick" not in columns:
        op.add_column("users", sa.Column("nick", sa.Text(), nullable=True))
        op.create_index("users_nick", "users", ["nick"])
    for row in bind.execute(sa.text("SELECT id FROM users")).fetchall():
        bind.execute(sa.text("UPDATE users SET nick = :nick WHERE id = :id"), {"nick": "n%d" % row[0], "id": row[0]})
    op.create_index("users_mail", "users", ["mail"])


def downgrade():
    op.drop_index("users_mail", "users")
    if "nick" in [column["name"] for column in sa.inspect(op.get_bind()).get_columns("users")]:
        op.drop_column("users", "nick")
