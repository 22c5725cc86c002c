"""On which day time alone makes something of a study that is told; of those that are watched it is worked out by the next looks"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("study", sa.Column("next_due", sa.String(10), nullable=True))
    op.create_index("ix_study_next_due", "study", ["next_due"])
    op.execute(sa.text("UPDATE study SET next_due = '0001-01-01' WHERE watched_since IS NOT NULL"))
