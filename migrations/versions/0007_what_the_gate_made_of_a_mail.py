"""What the gate made of a mail, so that an admin who read it can let it go as it is"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("gate", sa.String(length=24), nullable=True))
