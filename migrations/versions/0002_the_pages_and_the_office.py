"""What the pages and the office need: pauses, notes, circles, plain reads, places, audit, erasures, corrections

There is no way down, here as in the others: the way back is the old version and `notifier restore` of the backup from before.
"""

import json
import re
import unicodedata

import sqlalchemy as sa
import zstandard
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_room_for_sealed_addresses()
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("command", sa.String(length=60), nullable=False),
        sa.Column("ids", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("nct_id", sa.String(length=11), nullable=True),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_table(
        "erasure",
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_erasure")),
    )
    op.create_table(
        "place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("country", sa.String(length=80), nullable=False),
        sa.Column("search", sa.String(length=120), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
        sa.UniqueConstraint("name", "state", "country", name=op.f("uq_place_name_state_country")),
    )
    op.create_index("ix_place_search", "place", ["search"], unique=False)
    op.create_table(
        "plain_read",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("nct_id", sa.String(length=11), nullable=False),
        sa.Column(
            "source",
            sa.Enum("imported", "model", name="readsource", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=300), nullable=True),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("could_lead_to", sa.String(), nullable=False),
        sa.Column("could_go_wrong", sa.String(), nullable=False),
        sa.Column("written_by", sa.String(length=120), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plain_read")),
        sa.UniqueConstraint("nct_id", "source", name=op.f("uq_plain_read_nct_id_source")),
    )
    op.create_table(
        "tally",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "who", name=op.f("pk_tally")),
    )
    op.add_column("change", sa.Column("lat", sa.Float(), nullable=True))
    op.add_column("change", sa.Column("lon", sa.Float(), nullable=True))
    op.add_column("listing", sa.Column("first_posted", sa.String(length=10), nullable=True))
    op.add_column("message", sa.Column("correction_id", sa.Integer(), nullable=True))
    op.add_column("message", sa.Column("corrects_id", sa.Integer(), nullable=True))
    op.add_column("message", sa.Column("subject", sa.String(length=200), nullable=True))
    op.add_column("message", sa.Column("wording", sa.String(length=16), nullable=True))
    op.add_column("subscriber", sa.Column("near_lat", sa.Float(), nullable=True))
    op.add_column("subscriber", sa.Column("near_lon", sa.Float(), nullable=True))
    op.add_column("subscriber", sa.Column("near_km", sa.Integer(), nullable=True))
    op.add_column("subscriber", sa.Column("near_lon_km", sa.Float(), nullable=True))
    op.add_column("subscriber", sa.Column("generation", sa.Integer(), server_default="0", nullable=False))
    op.add_column("subscription", sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("subscription", sa.Column("note", sa.String(length=300), nullable=True))
    op.add_column("subscription", sa.Column("welcome_id", sa.Integer(), nullable=True))
    op.add_column("subscription", sa.Column("replaces", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_subscription_paused_until"), "subscription", ["paused_until"], unique=False)
    op.add_column("instance", sa.Column("backed_up_at", sa.DateTime(timezone=True), nullable=True))
    for table in ("message", "notice"):
        held = sa.text("state = 'held'")
        op.create_index(f"ix_{table}_held", table, ["created_at"], sqlite_where=held, postgresql_where=held)
    op.add_column("study", sa.Column("conditions", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("study", sa.Column("search", sa.String(), nullable=True))
    op.create_index(op.f("ix_study_study_first_post_date"), "study", ["study_first_post_date"], unique=False)
    _fill_search()


def _folded(text: str) -> str:
    """Words without case, accents and punctuation, as they were folded when this migration was written."""
    apart = unicodedata.normalize("NFKD", re.sub("['\u2019\u02bc`\u00b4]", "", text).casefold())
    plain = "".join(sign for sign in apart if not unicodedata.combining(sign)).casefold()
    plain = plain.translate(str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"}))
    return re.sub(r"[\W_]+", " ", plain).strip()


def _fill_search() -> None:
    """The studies that are stored already can be searched too."""
    study = sa.table("study", *map(sa.column, ("nct_id", "snapshot_id", "brief_title", "search")))
    study.append_column(sa.column("conditions", sa.JSON()))
    snapshot = sa.table("snapshot", sa.column("id"), sa.column("record"))
    connection = op.get_bind()
    newest = sa.select(study.c.nct_id, study.c.brief_title, study.c.snapshot_id).where(
        study.c.snapshot_id.is_not(None)
    )
    for row in connection.execute(newest).all():
        packed = connection.execute(
            sa.select(snapshot.c.record).where(snapshot.c.id == row.snapshot_id)
        ).scalar_one()
        protocol = json.loads(zstandard.ZstdDecompressor().decompress(packed))["protocolSection"]
        terms = protocol.get("conditionsModule", {}).get("conditions", [])
        names = protocol.get("identificationModule", {})
        said = [
            row.nct_id,
            row.brief_title,
            names.get("officialTitle"),
            names.get("acronym"),
            *(terms if isinstance(terms, list) else [terms]),
        ]
        connection.execute(
            sa.update(study)
            .where(study.c.nct_id == row.nct_id)
            .values(search=_folded(" ".join(filter(None, said))), conditions=terms)
        )
    op.add_column("subscription", sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("anomaly", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "uq_message_correction",
        "message",
        ["correction_id", "subscriber_id"],
        unique=True,
        sqlite_where=sa.text("correction_id IS NOT NULL"),
        postgresql_where=sa.text("correction_id IS NOT NULL"),
    )


def _make_room_for_sealed_addresses() -> None:
    """A sealed text is longer than what it holds; SQLite keeps any text to no length."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, column in (("subscriber", "email"), ("subscriber", "email_key"), ("slow_domain", "domain")):
        op.alter_column(table, column, type_=sa.String(600))
