"""All mail goes to one relay, whose work it is to spread mails to each provider in time"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("slow_domain")
