"""Which studies the pages list for everybody: only what a visitor asked for, or an admin published"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("study", sa.Column("public_since", sa.DateTime(timezone=True), nullable=True))
    # Of what is stored already, what was read for a page was asked for by a visitor.
    op.execute(
        "UPDATE study SET public_since = first_seen "
        "WHERE EXISTS (SELECT 1 FROM snapshot WHERE snapshot.nct_id = study.nct_id AND snapshot.source = 'page')"
    )
