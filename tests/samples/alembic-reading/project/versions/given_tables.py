"""What env.py gives the functions: the tables of the models, by their names."""

import sqlalchemy as sa

revision = "given_tables"
down_revision = "unknown_modules"


def upgrade(op, tables):
    op.add_column("kind", sa.Column("size", sa.Integer()))
    op.bulk_insert(tables.kind, [{"name": "small"}])


def downgrade(op, tables):
    op.execute(tables["kind"].delete().where(tables.kind.c.name == op.inline_literal("small")))
    op.drop_column("kind", "size")
