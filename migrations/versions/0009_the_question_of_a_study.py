"""What a study asks, as its editors or a model word it"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("plain_read", sa.Column("question", sa.String(length=300), nullable=True))
