"""What is looked for often is found by an index, however much there was before"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sending = sa.text("state = 'sending'")
    op.create_index(
        "ix_message_sending", "message", ["lease_until"], sqlite_where=sending, postgresql_where=sending
    )
