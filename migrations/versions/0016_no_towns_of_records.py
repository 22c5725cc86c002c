"""The towns of stored records go: a packaged table says where a town is, from the first day on"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("place")
