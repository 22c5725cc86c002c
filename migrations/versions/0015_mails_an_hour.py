"""What went in the past hour is counted, where no more than so many mails may go in one"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    which = sa.text("state = 'sent'")
    op.create_index("ix_message_sent", "message", ["settled_at"], sqlite_where=which, postgresql_where=which)
