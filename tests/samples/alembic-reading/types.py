"""Types as classes, as instances, of the dialect, and imported by name"""
import sqlalchemy
import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column, String, types
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import JSONB, UUID as PGUUID

revision: str = "1a0000000002"
down_revision: str | None = "1a0000000001"
branch_labels = None
depends_on = None

MODE = pg.ENUM("r", "w", name="mode", schema="app", create_type=False)


def upgrade() -> None:
    op.create_table(
        "types",
        Column("a", String),
        Column("b", String(length=5, collation="C")),
        Column("c", sqlalchemy.Text()),
        Column("d", sa.Unicode(7)),
        Column("e", sa.UnicodeText),
        Column("f", sa.CHAR(2)),
        Column("g", sa.Float),
        Column("h", sa.Float(precision=53)),
        Column("i", sa.Double()),
        Column("j", sa.Numeric(10, 2)),
        Column("k", sa.DECIMAL(precision=8)),
        Column("l", sa.REAL()),
        Column("m", sa.DateTime),
        Column("n", sa.TIMESTAMP(timezone=True)),
        Column("o", pg.TIMESTAMP(precision=3)),
        Column("p", sa.Time(timezone=True)),
        Column("q", sa.Interval(second_precision=3)),
        Column("r", pg.INTERVAL(fields="DAY TO SECOND", precision=2)),
        Column("s", sa.LargeBinary(length=16)),
        Column("t", sa.JSON(none_as_null=True)),
        Column("u", JSONB(astext_type=sa.Text())),
        Column("v", PGUUID(as_uuid=True)),
        Column("w", sa.Uuid()),
        Column("x", pg.ARRAY(sa.String(3), dimensions=2)),
        Column("y", sa.ARRAY(sa.Integer())),
        Column("z", pg.TSVECTOR()),
        Column("aa", pg.INET),
        Column("ab", pg.BIT(3)),
        Column("ac", pg.BIT(length=5, varying=True)),
        Column("ad", pg.HSTORE(text_type=sa.Text())),
        Column("ae", types.SmallInteger()),
        Column("af", sa.Enum("x", "long label", name="soft", native_enum=False)),
        Column("ag", MODE),
        Column("ah", sa.Integer().with_variant(sa.BigInteger(), "postgresql")),
        Column("ai", sa.String().with_variant(sa.Text(), "sqlite")),
        Column("aj", pg.TSTZRANGE()),
        Column("ak", pg.CITEXT()),
        Column("al", pg.MONEY),
        Column("am", sa.Boolean(name="b")),
        Column("an", sa.PickleType()),
    )
    op.add_column("types", Column("mode", MODE, server_default="r"))
    op.alter_column("types", "a", type_=pg.ENUM("r", "w", name="mode", create_type=False), postgresql_using="a::mode")


def downgrade() -> None:
    op.drop_table("types")
