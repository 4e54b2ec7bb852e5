# -*- coding: utf-8 -*-
'''Python of every kind: what does not touch the database is nothing, what cannot be followed is opaque.

Revises: 1a0000000004
'''
from __future__ import annotations

import enum
import logging
from typing import (
    Sequence,
    Union,
)

import sqlalchemy as sa
from alembic import context, op

revision: str = '1a00' \
    '00000005'
down_revision: Union[str, Sequence[str], None] = ('1a0000000004',)
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = []

log = logging.getLogger(__name__)
matrix = [[0] * 3 for _ in range(3)]
shape = lambda x=1, *a, **k: (x, a, k)


class Kind(str, enum.Enum):
    A = "a"

    def label(self) -> str:
        return f"{self.value!r:>10}" if self else "}"


@staticmethod
def helper(a, /, b: int = 2, *, c="d", **rest):
	return {**rest, 'a': [a, not b, -a ** -b], "c": c[1:2, ::3]}


def upgrade():
    log.info("nothing %s", shape())
    total = 1 if 2 < 3 <= 4 else (yield_ := 5)
    names = {"x", "y"} | {n for n in () if n not in ()}
    total += 1
    try:
        total = int("1")
    except (ValueError, TypeError) as error:
        raise RuntimeError from error
    finally:
        pass
    while total > 100: total -= 1; continue
    op.add_column('t', sa.Column('c', sa.Text()))
    with open(__file__) as one, open(__file__) as other:
        pass
    for table in context.config.get_section("tables") or ():
        op.drop_table(table)
    match total:
        case 1 | 2:
            op.drop_table("matched")
        case _:
            pass
    assert total, "never"
    del names; return None


async def unused():
    async with shape() as x:
        await x; print(*[1], **{}, end=""); [i async for i in x]


def downgrade():
    op.drop_column('t', 'c')
