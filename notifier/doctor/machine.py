"""What can be looked at on this machine: database, disk, keys, fence, erasures, templates. Changes nothing.

Each check gives its findings, or raises an error of ours, whose sentence then is the finding.
"""

import shutil
from pathlib import Path
from secrets import token_urlsafe

from notifier import app
from notifier.demo import samples
from notifier.doctor.findings import Finding, failed, ok, unchecked
from notifier.domain import key_file
from notifier.domain.languages import LANGUAGES
from notifier.domain.signed_links import TokenKeys
from notifier.services.monitoring.alerts import Name
from notifier.settings import Settings
from notifier.storage import incidents, outbox, rows
from notifier.storage.engine import Database, folder_of
from notifier.storage.engine.looks import damage, look

LITTLE_ROOM = 500_000_000  # bytes
_MEGABYTE = 1_000_000


def check_database(settings: Settings) -> list[Finding]:
    """The schema, whether it can be written to, is whole, its journal and its size."""
    with app.open_database(settings, check=False) as database:
        schema = database.schema()
        if schema.empty:
            return [ok("database", "It is empty; the first start makes the tables")]
        database.refuse_unready(schema)
        found = look(database)
        if broken := damage(database, thorough=True):
            return [failed("database", broken)]
        says = f"schema {schema.current}, {found.size / _MEGABYTE:.1f} MB, {found.engine}"
        if found.journal not in {None, "wal"}:
            return [
                failed(
                    "database",
                    f"Its journal is {found.journal}, so readers and writers wait for each other: is it on a network disk? Move it to one of this machine",
                )
            ]
        return [ok("database", says), *_what_is_wrong(database)]


def _what_is_wrong(database: Database) -> list[Finding]:
    """Rows that cannot be read, now; and what else the worker noted and is not over."""
    with database.reading() as session:
        found = rows.unreadable(session)
        noted = [row for row in incidents.going(session) if row.name != Name.UNREADABLE]
    return [
        failed(
            "rows",
            f"These cannot be read, and are left alone or read as the usual: {'; '.join(map(str, found))}",
        )
        if found
        else ok("rows", "All that is stored can be read"),
        *(failed("worker", f"Since {row.since:%Y-%m-%d %H:%M} UTC: {row.why}") for row in noted),
    ]


def check_mailing(settings: Settings) -> list[Finding]:
    """What mail to real people must have."""
    settings.check_mailing()
    if not settings.mails_leave_this_machine:
        return [unchecked("mailing", "No mail leaves this machine, so nothing is asked of footer and links")]
    return [ok("mailing", f"Mail is from {settings.organisation}, with links to {settings.public_url}")]


def check_gate(settings: Settings) -> list[Finding]:
    """Whether a mail is held because it says what nobody stored."""
    with app.open_database(settings, check=False) as database:
        if not database.schema().ready:
            return [unchecked("gate", "The database has not the needed schema")]
        with database.reading() as session:
            held = outbox.at_the_gate(session)
    if not held:
        return [ok("gate", "No mail is held because it says what is not in the record")]
    number, why = held[0]
    return [failed("gate", f"{len(held)} of our mails are held. Message {number}: {why}")]


def check_disk(settings: Settings) -> list[Finding]:
    """Whether there is room where the database is; one on another machine is looked at there."""
    folder = folder_of(settings.database_url)
    free = shutil.disk_usage(folder if folder.is_dir() else Path()).free
    says = f"{free / _MEGABYTE:,.0f} MB are free"
    return [
        ok("disk", says)
        if free >= LITTLE_ROOM
        else failed("disk", f"Only {says}: make room before it is full")
    ]


def check_keys(settings: Settings) -> list[Finding]:
    """That nobody else can read the keys, and that those of signatures can be used."""
    found = [_private(path, f"DKIM key {selector}") for selector, path in settings.dkim_keys]
    app.make_signer(settings)
    if settings.secret_keys is not None:
        return [*found, ok("keys", "They are set, so they are in no file of ours")]
    path = Path.cwd() / key_file.NAME
    if not path.exists():
        return [*found, unchecked("keys", f"There is no {path} yet; the first start makes it")]
    return [*found, _private(path, "keys")]


def _private(path: Path, of: str) -> Finding:
    mode = path.stat().st_mode & 0o777 if path.exists() else 0
    if mode & 0o077:
        return failed(of, f"Others can read {path} (mode {mode:04o}): run `chmod 600` on it")
    return ok(of, f"{path} is for its owner alone")


def check_fence(settings: Settings) -> list[Finding]:
    """Whether mails may go from this database at all, and whether who was erased can be kept."""
    fence, ledger = app.make_fence(settings), app.make_ledger(settings)
    erased = unchecked(
        "erasures", "NOTIFIER_ERASURES_FILE is off: a restored backup brings back who was erased or left"
    )
    if ledger is not None:
        erased = ok("erasures", f"{ledger.path} names {len(ledger.read())} people who stay forgotten")
    if fence is None:
        return [
            unchecked("fence", "Mails are files, or NOTIFIER_FENCE_FILE is off: copies are not noticed"),
            erased,
        ]
    with app.open_database(settings, check=False) as database:
        if not database.schema().ready:
            return [unchecked("fence", "The database has not the needed schema"), erased]
        with database.reading() as session:
            closed = fence.closed(session)
    return [
        failed("fence", closed) if closed else ok("fence", f"{fence.path} agrees with the database"),
        erased,
    ]


def check_templates(settings: Settings) -> list[Finding]:
    """Every sample mail in each language, by the very renderer that sends."""
    # With a key of the moment: looking makes no file, and these links lead nowhere.
    renderer = app.make_renderer(settings, TokenKeys([token_urlsafe(32)]))
    made = [renderer.render(letter) for language in LANGUAGES for _, letter in samples.letters(language)]
    return [ok("templates", f"{len(made)} sample mails were made, in {len(LANGUAGES)} languages")]
