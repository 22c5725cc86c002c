"""When somebody was told that no study at all stands under what they follow; of what is watched already no mail tells it"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscription", sa.Column("nothing_said_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        sa.text(
            "UPDATE subscription SET nothing_said_at = created_at WHERE condition_id IN "
            "(SELECT id FROM condition WHERE watched_since IS NOT NULL)"
        )
    )
