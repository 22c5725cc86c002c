"""Which mails may have arrived without our knowing is asked at each claim where no more than some may go in an hour"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    of_few = sa.text("unsure > 0")
    op.create_index("ix_message_unsure", "message", ["due_at"], sqlite_where=of_few, postgresql_where=of_few)
