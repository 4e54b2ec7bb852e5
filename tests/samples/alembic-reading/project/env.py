from alembic import context
from alembic import op as alembic_op
from models import metadata

target_metadata = metadata


class Names(dict):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.__dict__ = self


tables = Names(target_metadata.tables)

context.configure(url="postgresql://", target_metadata=target_metadata)
with context.begin_transaction():
    context.run_migrations(op=alembic_op, tables=tables)
