"""init

Revision ID: 3c2e7a9f1b43
Revises: 
Create Date: 2026-11-20 09:00:00.000000

"""

from alembic import op

revision = "3c2e7a9f1b43"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE TABLE plain (id int NOT NULL, code int NOT NULL)")
    op.execute("CREATE TABLE keyed (id int PRIMARY KEY, code int NOT NULL, place text CONSTRAINT keyed_place UNIQUE)")
    op.execute("CREATE INDEX keyed_code ON keyed (code)")


def downgrade():
    op.execute("DROP TABLE keyed, plain")
