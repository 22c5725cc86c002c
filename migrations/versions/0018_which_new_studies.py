"""Which new studies of a condition somebody wants, and what is needed of a study to say whether it fits"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscription", sa.Column("narrow", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("subscription", sa.Column("countries", sa.String(80), nullable=True))
    op.add_column("subscription", sa.Column("not_words", sa.String(1000), nullable=True))
    op.add_column("study", sa.Column("traits", sa.Integer(), nullable=True))
    op.add_column("notice", sa.Column("counted_in", sa.Integer(), nullable=True))
    # What was left out of a circle until now was so without being counted in a mail; nobody is told of old times.
    op.execute(sa.text("UPDATE notice SET counted_in = 0 WHERE state = 'cancelled'"))
    left_out = "state = 'cancelled' AND reason IN ('does_not_fit', 'far_away')"
    for table, name, columns, where in (
        ("message", "ix_message_assembling", ["subscriber_id"], "state = 'assembling'"),
        ("notice", "ix_notice_left_out", ["subscription_id", "counted_in"], left_out),
        ("notice", "ix_notice_counted_in", ["counted_in"], "counted_in IS NOT NULL"),
    ):
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    for name, column, length in (("study_country", "country", 2), ("study_word", "word", 40)):
        op.create_table(
            name,
            sa.Column("nct_id", sa.String(length=11), nullable=False),
            sa.Column(column, sa.String(length=length), nullable=False),
            sa.ForeignKeyConstraint(["nct_id"], ["study.nct_id"], name=op.f(f"fk_{name}_nct_id")),
            sa.PrimaryKeyConstraint("nct_id", column, name=op.f(f"pk_{name}")),
        )
