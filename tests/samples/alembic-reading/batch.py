"""What a batch keeps runs when it ends; its execute() does not wait"""
from alembic import op
import sqlalchemy as sa

revision = '1a0000000003'
down_revision = '1a0000000002'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('user', schema=None) as batch_op:
        batch_op.add_column(sa.Column('nick', sa.String(length=20), nullable=True))
        batch_op.alter_column('name', existing_type=sa.TEXT(), nullable=False)
        batch_op.execute("UPDATE \"user\" SET name = '' WHERE name IS NULL")
        batch_op.create_index(batch_op.f('ix_user_nick'), ['nick'], unique=True)
        batch_op.create_unique_constraint('uq_nick', ['nick'])
        batch_op.create_foreign_key('fk_boss', 'user', ['boss_id'], ['id'])
        batch_op.create_check_constraint('ck_nick', "nick <> ''")

    with op.batch_alter_table("post", schema="blog") as batch:
        batch.create_foreign_key(None, "user", ["user_id"], ["id"], ondelete="CASCADE", referent_schema="public")
        batch.drop_constraint("old", type_="unique")
        batch.drop_index("ix_old")
        batch.drop_column("old")


def downgrade():
    with op.batch_alter_table('user', schema=None) as batch_op:
        batch_op.drop_constraint('ck_nick', type_='check')
        batch_op.drop_column('nick')
