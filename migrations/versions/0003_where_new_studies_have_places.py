"""Where a study that was found under a condition has its places, so that a circle holds for it too"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "study_place",
        sa.Column("nct_id", sa.String(length=11), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["nct_id"], ["study.nct_id"], name=op.f("fk_study_place_nct_id")),
        sa.PrimaryKeyConstraint("nct_id", "lat", "lon", name=op.f("pk_study_place")),
    )
