"""Constraints and indexes without names, and with names that the convention of the models' metadata changes."""

import sqlalchemy as sa
from alembic import op

revision = "naming"
down_revision = "given_tables"


def upgrade():
    op.create_table(
        "part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), sa.ForeignKey("kind.name"), unique=True),
        sa.Column("size", sa.Integer(), sa.CheckConstraint("size > 0", name="size"), index=True),
        sa.Column("note", sa.String()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "size"),
        sa.UniqueConstraint("note", name="own"),
        sa.CheckConstraint("note <> ''", name="note"),
        sa.CheckConstraint("note <> 'x'", name=op.f("final")),
        schema="shop",
    )
    op.create_table("bare", sa.Column("id", sa.Integer(), primary_key=True))
    op.add_column("bare", sa.Column("part", sa.Integer(), sa.ForeignKey("shop.part.id")))
    op.add_column("bare", sa.Column("code", sa.Integer(), unique=True))
    op.add_column("bare", sa.Column("sort", sa.Integer(), index=True))
    op.create_unique_constraint(None, "bare", ["id", "part"])
    op.create_foreign_key(None, "bare", "part", ["id"], ["id"], referent_schema="shop")
    op.create_check_constraint("positive", "bare", "id > 0")
    op.create_index(None, "bare", ["id"])
    with op.batch_alter_table("bare") as batch_op:
        batch_op.create_check_constraint(batch_op.f("written"), "id > 1")
        batch_op.create_check_constraint("named", "id > 2")


def downgrade():
    op.drop_constraint("named", "bare", type_="check")
    op.drop_constraint(op.f("written"), "bare", type_="check")
    op.drop_constraint("positive", "bare")
    op.drop_constraint("uq_bare_id_part", "bare", type_="unique")
    op.drop_table("bare")
    op.drop_table("part", schema="shop")
