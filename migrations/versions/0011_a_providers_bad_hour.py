"""What a provider says of many of its people at once is held until an admin decides"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("suppression", sa.Column("domain_hash", sa.String(64), nullable=True))
    op.add_column("suppression", sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_suppression_domain_hash_since", "suppression", ["domain_hash", "since"])
    held = sa.text("held")
    op.create_index(
        "ix_suppression_held", "suppression", ["domain_hash"], sqlite_where=held, postgresql_where=held
    )
