"""Every directive, in the forms in which people write them.

Revision ID: 1a0000000001
Revises:
"""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "1a0000000001"
down_revision = None
branch_labels = ("core",)
depends_on = None


def upgrade():
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("email", sa.String(255), nullable=False, unique=True, comment="it's an address"),
        sa.Column("owner_id", sa.Integer(), sa.ForeignKey("auth.users.id", ondelete="SET NULL"), index=True),
        sa.Column("age", sa.Integer(), sa.CheckConstraint("age >= 0", name="age_ok"), server_default="0"),
        sa.Column("state", sa.Enum("new", "it's", name="account_state"), server_default=sa.text("'new'")),
        sa.Column("states", postgresql.ARRAY(sa.Enum("new", "it's", name="account_state"))),
        sa.Column("full", sa.Text(), sa.Computed("email || 'x'", persisted=True)),
        sa.Column("User", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.UniqueConstraint("email", "age", name=op.f("uq_account_email_age")),
        sa.CheckConstraint(sa.text("age < 200")),
        sa.Index("ix_account_made", "made", unique=True),
        schema="app",
        comment="Accounts",
    )
    op.create_table("pair", sa.Column("a", sa.Integer()), sa.Column("b", sa.Integer()), sa.PrimaryKeyConstraint("a", "b"))
    op.create_table(
        "part",
        sa.Column("id", sa.Integer(), sa.Identity(always=True, start=10), nullable=False),
        sa.Column("at", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", "at", name="part_key"),
        postgresql_partition_by="RANGE (at)",
        if_not_exists=True,
    )
    op.create_table("child", sa.Column("id", sa.Integer(), sa.ForeignKey("pair.a"), primary_key=True), prefixes=["UNLOGGED"])
    op.create_table("empty")
    op.add_column("pair", sa.Column("c", sa.SmallInteger(), server_default=sa.text("1 + 1"), nullable=False), schema="app")
    op.add_column("pair", sa.Column("d", sa.Integer(), sa.ForeignKey("t.id", name="pair_d"), unique=True, index=True, comment="d"))
    op.add_column("pair", sa.Column("e", sa.Integer(), unique=True), if_not_exists=True)
    op.add_column("pair", sa.Column("f", sa.Integer(), sa.ForeignKey("t.id", onupdate="CASCADE")), inline_references=True)
    op.add_column("pair", sa.Column("g", sa.Integer(), primary_key=True))
    op.alter_column("pair", "c", type_=sa.BigInteger(), nullable=True, server_default=None, comment="c", new_column_name="C")
    op.alter_column("pair", "c", existing_type=sa.Text(), type_=sa.Integer(), postgresql_using="c::integer", schema="app")
    op.alter_column(table_name="pair", column_name="c", server_default="it's", existing_nullable=False)
    op.alter_column("pair", "c", server_default=sa.Identity(always=False))
    op.alter_column("pair", "c", comment=None, existing_comment="c")
    op.create_index("ix_a", "pair", ["a", sa.text("lower(b)"), sa.literal_column("c DESC")], unique=True)
    op.create_index(op.f("ix_b"), "pair", ["b"], schema="app", postgresql_concurrently=True, if_not_exists=True)
    op.create_index(
        "ix_c",
        table_name="pair",
        columns=["a", "b"],
        postgresql_using="GIN",
        postgresql_ops={"a": "gin_trgm_ops"},
        postgresql_with={"fastupdate": False},
        postgresql_where=sa.text("a > 1"),
        postgresql_include=["c"],
        postgresql_nulls_not_distinct=True,
        postgresql_tablespace="fast",
    )
    op.create_index(None, "pair", ["a"])
    op.create_primary_key("pair_key", "pair", ["a", "b"])
    op.create_unique_constraint(None, "pair", ["a"], deferrable=True, initially="DEFERRED")
    op.create_unique_constraint("uq_b", "pair", ["b"], schema="app", postgresql_nulls_not_distinct=True)
    op.create_check_constraint("ck_a", "pair", "a > 0", postgresql_not_valid=True)
    op.create_check_constraint("ck_b", "pair", sa.column("b") != sa.literal(3))
    op.create_foreign_key(None, "pair", "account", ["a"], ["id"], referent_schema="app", ondelete="CASCADE", match="FULL")
    op.create_foreign_key(
        constraint_name="fk_b",
        source_table="pair",
        referent_table="account",
        local_cols=["a", "b"],
        remote_cols=["id", "owner_id"],
        source_schema="app",
        deferrable=False,
        initially="IMMEDIATE",
        postgresql_not_valid=True,
    )
    op.create_exclude_constraint("ex", "part", ("at", "&&"), (sa.column("id"), "="), using="gist", where=sa.text("id > 1"))
    op.create_table_comment("pair", "it's a pair", existing_comment=None)
    op.rename_table("pair", "Pairs", schema="app")
    op.bulk_insert(
        sa.table("pair", sa.column("a", sa.Integer), sa.column("b", sa.String)),
        [{"a": 1, "b": "it's"}, {"a": None, "b": "c"}],
    )


def downgrade():
    op.drop_table_comment("pair", schema="app")
    op.drop_constraint("fk_b", "pair", type_="foreignkey", schema="app")
    op.drop_constraint("uq_b", "pair", if_exists=True)
    op.drop_index("ix_b", table_name="pair", schema="app", postgresql_concurrently=True, if_exists=True)
    op.drop_index(index_name="ix_c")
    op.drop_column("pair", "c", schema="app", if_exists=True)
    op.drop_column(table_name="pair", column_name="User")
    op.drop_table("pair", if_exists=True)
    op.drop_table("account", schema="app")
