"""Why a notice is held or was cancelled is one of our words, no longer a sentence"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WORDS = {
    "held by the brake": "storm",
    "dropped by an admin": "dropped",
    "outside of the circle": "far_away",
    "changed back before it was told": "changed_back",
    "taken back: the record was wrong": "taken_back",
    "suppressed": "suppressed",
    "not wanted, or told since, when its mail went again": "left_out",
}
ENDED = "subscription ended: "
SAID_SINCE = sa.Column("said", sa.String(24), nullable=True)


def upgrade() -> None:
    """Anew beside the old one: SQLite cannot change a column, and to write the whole table would take long."""
    op.add_column("notice", SAID_SINCE)
    notice = sa.table("notice", sa.column("reason"), sa.column("said"))
    ended = sa.literal("ended_") + sa.func.substr(notice.c.reason, len(ENDED) + 1)
    word = sa.case(
        *((notice.c.reason == sentence, word) for sentence, word in WORDS.items()),
        (notice.c.reason.like(f"{ENDED}%"), ended),
        else_="not_wanted",
    )
    op.execute(sa.update(notice).where(notice.c.reason.is_not(None)).values(said=word))
    op.drop_column("notice", "reason")
    op.execute("ALTER TABLE notice RENAME COLUMN said TO reason")
