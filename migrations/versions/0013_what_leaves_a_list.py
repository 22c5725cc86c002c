"""Which studies do not stand under a condition any more"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("listing", sa.Column("absent_in", sa.String(32), nullable=True))
    op.add_column("listing", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
