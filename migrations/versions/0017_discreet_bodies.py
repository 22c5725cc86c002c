"""Who wants mails whose body names nothing that they follow; where nothing is said it is as the organisation has it"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscriber", sa.Column("discreet", sa.Boolean(), nullable=True))
