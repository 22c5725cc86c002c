"""The words to which people agreed stand once, not in each consent"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wording",
        sa.Column("version", sa.String(16), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_wording")),
    )
    consent = sa.table("consent", sa.column("wording_version"), sa.column("wording"))
    wording = sa.table("wording", sa.column("version"), sa.column("text"))
    connection = op.get_bind()
    known: set[str] = set()
    first = sa.func.min(sa.column("id"))
    each = sa.select(consent.c.wording_version, consent.c.wording).group_by(
        consent.c.wording_version, consent.c.wording
    )
    for version, text in connection.execute(each.order_by(first)).all():
        # Two wordings under one version: the later one gets a name of its own, so that nobody's words are lost.
        numbers = (f"{version[:13]}-{number}" for number in range(2, 100))
        name = version if version not in known else next(each for each in numbers if each not in known)
        known.add(name)
        connection.execute(sa.insert(wording).values(version=name, text=text))
        if name != version:
            theirs = (consent.c.wording_version == version) & (consent.c.wording == text)
            connection.execute(sa.update(consent).where(theirs).values(wording_version=name))
    op.drop_column("consent", "wording")
