"""SQL in all kinds of strings"""
import textwrap

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text
from sqlalchemy.sql import column, table

revision = "1a0000000004"
down_revision = "1a0000000003"
branch_labels = None
depends_on = "1a0000000001"

SCHEMA = "app"
TABLES = ("a", "b")
INSERT = """
    INSERT INTO {schema}.kind (name) VALUES ('%s')
"""

kind = table("kind", column("name", sa.String), column("size", sa.Integer))


def touch(name, suffix=""):
    op.execute(f"ALTER TABLE {name} ADD COLUMN touched{suffix} timestamptz")


def is_postgresql():
    return op.get_context().dialect.name == "postgresql"


def upgrade():
    """Its docstring."""
    # ### a comment before it
    op.execute("UPDATE users SET name = 'x' WHERE id::text = '12:30'")  # and one behind it
    op.execute(sa.text(r"UPDATE users SET note = '\:x' WHERE note LIKE '%a_%'"))
    op.execute(
        "UPDATE users "
        'SET name = "name" '  # a comment between its parts
        """|| 'x';"""
    )
    op.execute('''
        CREATE VIEW v AS
        SELECT 'it''s; not the end' AS a
    ''')
    op.execute("SELECT 'é', 'a\tb\\n'"); op.execute("SELECT 2")
    for name in TABLES:
        op.execute(f"ALTER TABLE {SCHEMA}.{name} ENABLE ROW LEVEL SECURITY")
        op.execute(INSERT.format(schema=SCHEMA) % name)
    for name, size in [("x", 1), ("y", 2)]:
        op.execute(kind.insert().values(name=name, size=size))
    op.execute(kind.update().where(kind.c.name == op.inline_literal("x")).values({"size": 3}))
    op.execute(sa.update(kind).where(sa.and_(kind.c.name.is_(None), kind.c.size > 2)).values(size=None))
    op.execute(kind.delete().where(kind.c.size.in_([1, 2])))
    op.execute(kind.delete().where((kind.c.size == 3) | (kind.c.size == 4) & (kind.c.name.ilike("x%"))))
    op.execute(kind.select().where(kind.c.size > 2))
    op.execute(sa.select(kind.c.name, kind.c.size).where(kind.c.name == "x").order_by(kind.c.size.desc()).limit(5))
    op.execute(
        textwrap.dedent(
            """
            SELECT 'first
              second',

                'third'
            """
        )
    )
    for column_name in [f"{prefix}_at" for prefix in ("made", "seen", "") if prefix]:
        op.execute(f"ALTER TABLE users ADD COLUMN {column_name} timestamptz")
    touch("users")
    touch(suffix="_" + str(2), name=TABLES[0])
    if is_postgresql() and op.get_bind().dialect.name != "mysql":
        op.execute("SELECT 3")
    else:
        op.execute("SELECT 'never'")
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE mode ADD VALUE IF NOT EXISTS 'x'")
    op.execute(sa.schema.CreateSequence(sa.Sequence("counter", start=5)))
    op.execute(sa.DDL("DROP TABLE IF EXISTS old"))
    connection = op.get_bind()
    connection.execute(text("SELECT 4"))


def downgrade():
    pass
