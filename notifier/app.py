"""Builds the parts from the settings and closes them in reverse. The only place that knows which part is which.

Imports what a command needs when it needs it, so that a small command starts fast.
"""

import gc
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from notifier import settings as settings_room
from notifier.clock import Clock, FixedClock, SystemClock
from notifier.domain import key_file
from notifier.domain.signed_links import TokenKeys
from notifier.errors import SettingsError
from notifier.settings import Settings

if TYPE_CHECKING:
    from notifier.domain.branding import Face
    from notifier.domain.heartbeat import Pulse
    from notifier.mail.render.dkim import Signer
    from notifier.mail.render.mime import NamedAddress
    from notifier.mail.render.renderer import Renderer
    from notifier.mail.return_path import Tags
    from notifier.mail.smtp import Transport
    from notifier.services.deliver import Sending
    from notifier.services.summary_writer import Model
    from notifier.sources.clinicaltrials_gov import Pacer, Registry
    from notifier.storage.departures import Fence, Ledger
    from notifier.storage.engine import Database
    from notifier.storage.subscribers import Defaults
    from notifier.web import Pages


def load_settings(environ: Mapping[str, str] | None = None, directory: Path | None = None) -> Settings:
    """The settings of this process, each checked as far as it can be without opening anything."""
    settings = settings_room.load(os.environ if environ is None else environ, directory or Path.cwd())
    if settings.smtp_url is not None:
        from notifier.mail.smtp.address import parse_smtp_url

        parse_smtp_url(settings.smtp_url)
    for name in ("mail_from", "mail_reply_to", "admin", "canary"):
        if getattr(settings, name) is not None:
            _mailbox(settings, name)
    if settings.brand_accent is not None:
        _accent(settings.brand_accent)
    if settings.model_fields_set & {"language", "time_zone"}:
        from notifier.domain.languages import LANGUAGES, any_of
        from notifier.domain.scheduling import zone
        from notifier.errors import InputError

        if settings.language not in LANGUAGES:
            raise SettingsError(
                f"NOTIFIER_LANGUAGE is {settings.language[:40]!r}, in which there are no mails: give {any_of()}"
            )
        try:
            zone(settings.time_zone)
        except InputError as fault:
            raise SettingsError(f"NOTIFIER_TIME_ZONE is not usable: {fault}") from None
    return settings


def defaults(settings: Settings) -> "Defaults":
    """How the organisation speaks to somebody new of whom nothing was said."""
    from notifier.storage.subscribers import Defaults

    return Defaults(settings.language, settings.time_zone)


def _mailbox(settings: Settings, name: str) -> "NamedAddress":
    from notifier.errors import InputError
    from notifier.mail.render.mime import parse_mailbox

    try:
        return parse_mailbox(getattr(settings, name))
    except InputError as error:
        raise SettingsError(
            f"{settings_room.PREFIX}{name.upper()} is not an address for a mail's header ({error}): set it to "
            f"{settings_room.described()[name].example!r}"
        ) from None


def make_clock(settings: Settings) -> Clock:
    """The machine's clock, or the one that NOTIFIER_CLOCK stops."""
    return SystemClock() if settings.clock is None else FixedClock(settings.clock)


def shipped(name: str) -> Path:
    """The folder `templates` or `migrations`: beside the package in a checkout, inside it where it was installed."""
    package = Path(__file__).parent
    checkout = package.parent / name
    return checkout if checkout.is_dir() else package / "_shipped" / name


@contextmanager
def open_database(settings: Settings, *, check: bool = True) -> Iterator["Database"]:
    """The database; `check`: with the schema that this program needs, which an empty one is given, and our keys."""
    from notifier.storage import encryption
    from notifier.storage.departures import Departures
    from notifier.storage.engine import Database

    ledger = make_ledger(settings)
    leaving = None if ledger is None else Departures(ledger, lambda: open_keys(settings).suppression_key)
    ring = encryption.ring_of(settings.address_keys)
    database = Database(settings.database_url, shipped("migrations"), ring, leaving)
    try:
        if check:
            database.open()
            encryption.check(database)
        yield database
    finally:
        database.close()


def open_keys(settings: Settings, directory: Path | None = None) -> TokenKeys:
    """The keys of the links: as set, or made once and kept in a file that only we may read."""
    if settings.secret_keys is not None:
        return TokenKeys(settings.secret_keys)
    path = (directory or Path.cwd()) / key_file.NAME
    return TokenKeys(key_file.open_or_make(path), lambda: key_file.now_in(path))


@asynccontextmanager
async def open_registry(
    settings: Settings, database: "Database | None" = None, *, asked: Callable[[], None] = lambda: None
) -> AsyncIterator["Registry"]:
    """The client of the registry, at one pace with all other processes on the database; each request calls `asked`."""
    from notifier.sources.clinicaltrials_gov import Registry, open_client

    contact = settings.public_url if settings.mails_leave_this_machine else None
    client = open_client(
        settings.registry_url, contact=contact, user_agent_override=settings.registry_user_agent
    )
    shared = open_database(settings, check=False) if database is None else nullcontext(database)
    with shared as keeper:
        async with client:
            yield Registry(client, pacer=make_pacer(settings, keeper, asked))


def make_pacer(settings: Settings, database: "Database", asked: Callable[[], None] = lambda: None) -> "Pacer":
    """What lets one request through at a time, over all processes of the database; each calls `asked`."""
    from notifier.sources.clinicaltrials_gov import Pacer
    from notifier.storage.engine import sharing

    async def reserve(gap: float) -> float:
        asked()
        return await database.write(lambda session: sharing.reserve(session, "registry", gap))

    return Pacer(settings.registry_requests_per_second, reserve=reserve)


@asynccontextmanager
async def open_model(settings: Settings, database: "Database", clock: Clock) -> AsyncIterator["Model | None"]:
    """The language model that may word summaries; None where none is set. Raises SettingsError for half of one."""
    if settings.model_url is None:
        yield None
        return
    if settings.model_name is None:
        raise SettingsError(
            "NOTIFIER_MODEL_URL is set and NOTIFIER_MODEL_NAME is not: set it to the name of the model at that "
            f"endpoint, for example NOTIFIER_MODEL_NAME={settings_room.described()['model_name'].example}"
        )
    from notifier.services.summary_writer import Model, open_client, within_budget

    async with open_client(settings.model_url, key=settings.model_key) as client:
        yield Model(
            client,
            settings.model_name,
            timeout=settings.model_timeout.total_seconds(),
            may_ask=within_budget(database, clock, settings.model_calls_a_day),
        )


@asynccontextmanager
async def open_transport(settings: Settings) -> AsyncIterator["Transport"]:
    """The way to the mail server, or to files where none is set. Raises SettingsError when mail must not go out."""
    from notifier.mail.smtp import FileTransport, SmtpTransport, parse_smtp_url

    settings.check_mailing()
    if settings.smtp_url is None:
        transport: FileTransport | SmtpTransport = FileTransport(settings.mail_dir)
    else:
        transport = SmtpTransport(
            parse_smtp_url(settings.smtp_url),
            timeout=settings.smtp_timeout.total_seconds(),
            final_timeout=settings.smtp_final_timeout.total_seconds(),
        )
    try:
        yield transport
    finally:
        await transport.close()


async def greet_mail_server(settings: Settings, patience: float = 10.0) -> str | None:
    """Connect to the mail server and sign in, sending nothing; says where, None: mails are files. Raises MailError."""
    from notifier.mail.smtp import SmtpTransport, parse_smtp_url

    if settings.smtp_url is None:
        return None
    address = parse_smtp_url(settings.smtp_url)
    transport = SmtpTransport(address, timeout=min(patience, settings.smtp_timeout.total_seconds()))
    async with transport.session() as line:
        await line.greet()
    return f"{address} ({address.security.value})"


def mail_domain(settings: Settings) -> str:
    """The domain of Message-IDs and list ids: that of the From address."""
    return _mailbox(settings, "mail_from").address.rpartition("@")[2]


def dkim_domain(settings: Settings) -> str:
    """The domain that signs the mails: as set, else that of the From address."""
    from notifier.mail.render.dkim import signing_domain

    return signing_domain(settings.dkim_domain, mail_domain(settings))


def make_signer(settings: Settings) -> "Signer | None":
    """What signs the mails; none where no key is set, because most mail servers sign themselves."""
    if not settings.dkim_keys:
        return None
    from notifier.mail.render.dkim import Signer, read_keys

    return Signer(read_keys(settings.dkim_keys, dkim_domain(settings)))


def make_renderer(settings: Settings, keys: TokenKeys) -> "Renderer":
    """What makes a mail of a letter. Raises SettingsError where it is to sign and cannot."""
    from notifier.mail.render.renderer import Renderer

    return Renderer(
        templates=shipped("templates"),
        sender=_mailbox(settings, "mail_from"),
        reply_to=_mailbox(settings, "mail_reply_to") if settings.mail_reply_to is not None else None,
        organisation=settings.organisation,
        postal_address=settings.postal_address,
        public_url=settings.public_url,
        list_domain=mail_domain(settings),
        sign=keys.sign,
        thread_key=keys.thread_key,
        signer=make_signer(settings),
        unsubscribe_address=tags.unsubscribe_address if (tags := make_tags(settings, keys)) else None,
        study_pages=settings.has_pages,
        face=make_face(settings),
        discreet=settings.discreet == "body",
        usual_language=settings.language,
    )


def _accent(text: str) -> tuple[str, str]:
    from notifier.domain.branding import accent

    try:
        return accent(text)
    except ValueError as fault:
        example = settings_room.described()["brand_accent"].example
        raise SettingsError(
            f"NOTIFIER_BRAND_ACCENT {fault}, for example NOTIFIER_BRAND_ACCENT={example}"
        ) from None


def lay_over_sentences(settings: Settings) -> None:
    """Let the organisation's sentences stand before ours, for all that this process says from now on."""
    if settings.templates is None:
        return
    if not settings.templates.is_dir():
        raise SettingsError(
            f"NOTIFIER_TEMPLATES is {settings.templates}, which is no folder: make it, or unset it"
        )
    from notifier.domain.wording import catalogue

    catalogue.lay_over(settings.templates)


def make_face(settings: Settings) -> "Face":
    """How the organisation looks. Raises SettingsError for what is no picture, and for a folder that is not there."""
    from notifier.domain import branding

    lay_over_sentences(settings)
    logo, accent = settings.brand_logo, settings.brand_accent
    colours = None if accent is None else _accent(accent)
    try:
        with nullcontext() if logo is None else logo.open("rb") as file:
            picture = None if file is None else branding.logo(file.read(branding.MOST_LOGO + 1))
    except OSError as fault:
        raise SettingsError(
            f"NOTIFIER_BRAND_LOGO cannot be read: {logo}: {fault.strerror}: set it to a file that is there, or unset it"
        ) from None
    except ValueError as fault:
        raise SettingsError(f"NOTIFIER_BRAND_LOGO: {logo} {fault}") from None
    return branding.Face(settings.brand_name, picture, colours, settings.brand_help_line, settings.templates)


def make_tags(settings: Settings, keys: TokenKeys) -> "Tags | None":
    """What makes and reads tagged addresses; None where no domain takes the mail that comes back."""
    from notifier.mail.return_path import Tags

    return None if settings.bounce_domain is None else Tags(keys.tag_keys, settings.bounce_domain)


def make_fence(settings: Settings) -> "Fence | None":
    """What keeps a copy or a restored backup of the database from mailing; mails that are only files need none."""
    from notifier.storage.departures import Fence

    if settings.fence_file is None or settings.smtp_url is None:
        return None
    return Fence(_beside_database(settings, "fence_file", settings.fence_file))


def make_ledger(settings: Settings) -> "Ledger | None":
    """The list of who was erased that does not go back with a restored backup; None where it is off."""
    from notifier.storage.departures import Ledger

    if settings.erasures_file is None:
        return None
    return Ledger(_beside_database(settings, "erasures_file", settings.erasures_file))


def _beside_database(settings: Settings, name: str, path: Path) -> Path:
    """Where a file is that was not named: beside a database that is a file, from whichever folder a command is run."""
    from notifier.storage.engine import folder_of

    return path if name in settings.model_fields_set else folder_of(settings.database_url) / path


def make_sending(settings: Settings, keys: TokenKeys, *, fence: "Fence | None" = None) -> "Sending":
    """How this process sends. Where a bounce domain is set, the envelope sender names the message (S20)."""
    from notifier.domain.scheduling import Timetable
    from notifier.services.deliver import Sending
    from notifier.storage.engine import owner

    tags, sender = make_tags(settings, keys), _mailbox(settings, "mail_from").address
    return Sending(
        owner=owner(),
        domain=mail_domain(settings),
        envelope_sender=tags.bounce_address if tags is not None else lambda _message_id: sender,
        connections=settings.smtp_connections,
        allowlist=settings.recipient_allowlist,
        timetable=Timetable(
            retry_after=settings.retry_after,
            give_up_after=settings.give_up_after,
            stale_after=settings.stale_after,
            resend_unsure=settings.unsure == "resend_once",
        ),
        mails_a_day=settings.mails_a_day,
        mails_an_hour=settings.mails_an_hour,
        fence=fence,
        suppression_key=keys.suppression_key,
    )


def check_admin(settings: Settings) -> None:
    """Raise SettingsError where the allow-list forbids to tell the admin what goes wrong."""
    from notifier.mail.render.mime import wire_address
    from notifier.services.deliver import is_allowed

    admin = settings.admin and wire_address(_mailbox(settings, "admin").address)
    if admin and not is_allowed(admin, settings.recipient_allowlist):
        raise SettingsError(
            "NOTIFIER_ADMIN is not in NOTIFIER_RECIPIENT_ALLOWLIST, so it would never be mailed: add it there"
        )


def make_pages(
    settings: Settings,
    database: "Database",
    keys: TokenKeys,
    clock: Clock,
    registry: "Registry | None" = None,
    pulse: "Pulse | None" = None,
) -> "Pages":
    """What the pages work with; `registry`: to be asked for a study that is not stored yet; `pulse`: of the daemon."""
    from notifier.mail.bounces.webhooks import PROVIDERS, Posts
    from notifier.web import Pages
    from notifier.web.site import SHORTEST_LOOK

    # By a clock that stands, no form is ever open for any time.
    shortest_look = SHORTEST_LOOK if settings.clock is None else timedelta(0)
    return Pages(
        database,
        keys,
        clock,
        shipped("templates"),
        settings,
        mail_domain=mail_domain(settings),
        contact=_mailbox(settings, "mail_reply_to" if settings.mail_reply_to else "mail_from").address,
        defaults=defaults(settings),
        shortest_look=shortest_look,
        search=None if registry is None else registry.search,
        fetch=None if registry is None else lambda nct_id: registry.lookup(nct_id, patient=False),
        ledger=make_ledger(settings),
        pulse=pulse,
        face=make_face(settings),
        make_renderer=lambda: make_renderer(settings, keys),
        tags=make_tags(settings, keys),
        posts=Posts({name: held for name in PROVIDERS if (held := getattr(settings, f"webhook_{name}"))}),
    )


def settle_in() -> None:
    """What is made by now stays: the search for rubbish passes it over from here on, and looks less often at what comes.
    A pass makes small things by the million, nearly all of which go by themselves; the search took a tenth of its time.
    """
    gc.set_threshold(10_000)
    gc.freeze()


def start_logging(settings: Settings, *, of_a_command: bool = False) -> None:
    """Logs go to standard error: lines for a person on a terminal, JSON elsewhere; a constant sentence plus fields.

    A command says itself what it did, in one line, so it logs only errors unless NOTIFIER_LOG_LEVEL asks for more.
    """
    from notifier.logs import configure

    quiet = of_a_command and "log_level" not in settings.model_fields_set
    configure(settings.log_format, "error" if quiet else settings.log_level)
