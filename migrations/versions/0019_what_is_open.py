"""What a welcome says is open under the conditions that its reader follows"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("openings", sa.JSON(), nullable=True))
