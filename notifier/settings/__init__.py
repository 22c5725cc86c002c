"""The settings: environment variables and `.env`, checked once at start. Reads nothing else and opens nothing.

First how the text of a variable becomes a value: each rule raises ValueError with what is wrong, to stand after the name.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from io import StringIO
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import quote, urlsplit

import idna
from dotenv.parser import parse_stream
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from notifier.errors import SettingsError

PREFIX = "NOTIFIER_"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"  # of a domain's name
LONGEST = timedelta(days=3650)
SHORTEST_KEY = 16  # characters
SHORTEST_SECRET = 8  # of one that a provider made, or that somebody typed into its form
_PORTS = {"http": 80, "https": 443}
_OF_PATHS = "/%:@!$&'()*+,;=~"  # what a path may hold as it is (RFC 3986, 3.3)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Described(NamedTuple):
    """A setting in `described.tsv`; unset: what happens while it is not set, where that needs words."""

    example: str
    meaning: str
    unset: str = ""


@cache
def described() -> Mapping[str, Described]:
    """Every setting by its field's name; read when a fault, or the reference, needs it."""
    lines = Path(__file__).with_name("described.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {name: Described(*told) for name, *told in rows}


def duration(value: str) -> object:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd])\s*", value)
    if match is None:
        raise ValueError("is not a length of time such as 30s, 30m, 36h or 7d")
    try:
        length = timedelta(**{_UNITS[match[2]]: float(match[1])})
    except OverflowError:
        length = timedelta.max
    if not timedelta(0) < length <= LONGEST:
        raise ValueError(f"must be longer than nothing and at most {LONGEST.days}d")
    return length


def written_duration(length: timedelta) -> str:
    """A length of time as it is set: in the largest unit of which it has whole ones."""
    seconds = length.total_seconds()
    sizes = {unit: timedelta(**{name: 1}).total_seconds() for unit, name in _UNITS.items()}
    unit = next(unit for unit in (*reversed(sizes), "s") if unit == "s" or seconds % sizes[unit] == 0)
    return f"{seconds / sizes[unit]:.15g}{unit}"


def durations(value: str) -> object:
    return tuple(map(duration, value.split(",")))


def share(value: str) -> object:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", value)
    if match is None or not 0 < float(match[1]) <= 100:
        raise ValueError("is not a share such as 20%")
    return float(match[1]) / 100


def multiple(value: str) -> object:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*[x×]\s*", value)  # noqa: RUF001 - people do type the real sign
    if match is None or float(match[1]) < 1:
        raise ValueError("is not a multiple such as 5x")
    return float(match[1])


def instant(value: str) -> object:
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is not a time in ISO 8601") from None


def words(value: str) -> tuple[str, ...]:
    return tuple(word for each in value.split(",") if (word := each.strip()))


def recipients(value: str) -> object:
    # A list that came out empty, or an entry that can never match, must not pass for "no list": that mails everybody.
    entries = words(value)
    if not entries or not all(re.fullmatch(r"[^\s@;]*@?[^\s@;]+\.[^\s@;]+", entry) for entry in entries):
        raise ValueError("is not a list of addresses and domains with commas between them")
    return entries


def web_url(value: str) -> str:
    """As headers and browsers have it: in ASCII, and without the port that its scheme has anyway."""
    if any(sign in value for sign in '?#\\<>" ') or not value.isprintable():
        raise ValueError("is not a web address")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
        host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except (ValueError, idna.IDNAError):
        raise ValueError("is not a web address") from None
    if parts.scheme not in _PORTS or not host or port == 0:
        raise ValueError("is not a web address")
    user, at, _ = parts.netloc.rpartition("@")
    place = f"{user}{at}[{host}]" if ":" in host else f"{user}{at}{host}"
    if port not in {None, _PORTS[parts.scheme]}:
        place += f":{port}"
    return f"{parts.scheme}://{place}{quote(parts.path, safe=_OF_PATHS)}".rstrip("/")


def origins(value: str) -> object:
    """Scheme, host and port of other sites, as a browser's Origin header has them."""
    entries = [web_url(entry) for entry in words(value)]
    if not entries or any(urlsplit(entry).path for entry in entries):
        raise ValueError("is not a list of origins with commas between them; an origin has no path")
    return tuple(map(str.lower, entries))


def networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(entry) for entry in words(value))
    except ValueError:
        raise ValueError("is not a list of addresses and networks with commas between them") from None


def domain(value: str) -> object:
    if not re.fullmatch(rf"{_LABEL}(?:\.{_LABEL})+", value):
        raise ValueError("is not the name of a domain")
    return value


def topic(value: str) -> object:
    if not re.fullmatch(r"arn:aws[a-z-]{0,10}:sns:[a-z0-9-]{4,30}:[0-9]{12}:[\w-]{1,256}", value, re.ASCII):
        raise ValueError("is not the ARN of a topic of Amazon SNS")
    return value


def secret(value: str) -> object:
    if len(value) < SHORTEST_SECRET:
        raise ValueError(f"is shorter than {SHORTEST_SECRET} characters, too weak for what anybody may try")
    return value


def is_selector(text: str) -> bool:
    """Whether a DKIM key can have this name in the DNS."""
    return re.fullmatch(rf"{_LABEL}(?:\.{_LABEL})*", text) is not None


def keys_by_selector(value: str) -> object:
    pairs = [(name.strip(), path.strip()) for name, _, path in (each.partition(":") for each in words(value))]
    if not pairs or not all(is_selector(name) and path for name, path in pairs):
        raise ValueError("is not a list of selector:path with commas between them")
    if len({name.lower() for name, _ in pairs}) < len(pairs):
        raise ValueError("has one selector twice, and the DNS holds one key for each")
    return tuple((name, Path(path)) for name, path in pairs)


def header_text(value: str) -> object:
    if not (value.isascii() and value.isprintable()):
        raise ValueError("holds a sign that no header can carry; plain ASCII is safe")
    return value


def line_of(most: int) -> Callable[[str], object]:
    """One line of text that people read, of so many characters at most."""

    def line(value: str) -> object:
        if len(value) > most or not value.isprintable():
            raise ValueError(f"is not one line of at most {most} characters")
        return value

    return line


def listen(value: str) -> object:
    host, _, port = value.strip().rpartition(":")
    if value.strip().lower() == "off":
        return None
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError("is not host:port, nor off")
    return host.strip("[]"), int(port)


def secrets(value: str, shortest: int = 1) -> object:
    keys = words(value)
    if not keys or any(len(key) < shortest for key in keys):
        longer = f", of {shortest} characters or more" if shortest > 1 else ""
        raise ValueError(f"needs one key or more, comma separated, the newest first{longer}")
    return keys


def unless_off(value: str) -> object:
    return None if value.lower() == "off" else value


def is_loopback(host: str) -> bool:
    """Whether a mail or a page for this host stays on this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _text(read: Callable[[str], object]) -> BeforeValidator:
    """How the text of a variable becomes a value; what is one already stays as it is."""
    return BeforeValidator(lambda value: read(value) if isinstance(value, str) else value)


Duration = Annotated[timedelta, _text(duration)]
Network = IPv4Network | IPv6Network
Networks = Annotated[tuple[Network, ...], _text(networks)]
WebUrl = Annotated[str, _text(web_url)]


class Settings(BaseModel):
    """Every setting, checked. The field `x` is the variable NOTIFIER_X; times are timedeltas, shares are 0..1."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: str = "sqlite:///notifier.db"
    registry_url: WebUrl = "https://clinicaltrials.gov/api/v2"
    registry_requests_per_second: Annotated[float, Field(gt=0, le=10_000)] = 1
    registry_user_agent: Annotated[str | None, _text(header_text)] = None
    reread_studies: Annotated[int, Field(ge=0, le=100_000)] = 500
    new_study_within: Duration = timedelta(days=30)
    settle_minor: Duration = timedelta(hours=6)
    watch_every: Duration = timedelta(minutes=30)
    smtp_url: str | None = None
    mail_dir: Path = Path("mail")
    smtp_connections: Annotated[int, Field(ge=1, le=100)] = 4
    smtp_timeout: Duration = timedelta(seconds=60)
    smtp_final_timeout: Duration = timedelta(seconds=600)
    retry_after: Annotated[tuple[timedelta, ...], _text(durations)] = tuple(
        timedelta(minutes=minutes) for minutes in (15, 30, 60, 120, 240, 480)
    )
    give_up_after: Duration = timedelta(days=5)
    stale_after: Duration = timedelta(days=5)
    unsure: Annotated[Literal["resend_once", "hold"], _text(str.lower)] = "resend_once"
    mail_from: str = "Trial updates <updates@localhost>"
    mail_reply_to: str | None = None
    bounce_domain: Annotated[str | None, _text(domain)] = None
    webhook_ses: Annotated[str | None, _text(topic)] = None
    webhook_postmark: Annotated[str | None, _text(secret)] = None
    webhook_mailgun: Annotated[str | None, _text(secret)] = None
    dkim_keys: Annotated[tuple[tuple[str, Path], ...], _text(keys_by_selector)] = ()
    dkim_domain: Annotated[str | None, _text(domain)] = None
    organisation: str | None = None
    postal_address: str | None = None
    templates: Path | None = None
    brand_name: Annotated[str | None, _text(line_of(80))] = None
    brand_logo: Path | None = None
    brand_accent: str | None = None
    brand_help_line: Annotated[str | None, _text(line_of(300))] = None
    language: Annotated[str, _text(str.lower)] = "en"
    time_zone: str = "UTC"
    recipient_allowlist: Annotated[tuple[str, ...], _text(recipients)] = ()
    public_url: WebUrl = "http://127.0.0.1:8080"
    web_listen: Annotated[tuple[str, int] | None, _text(listen)] = ("127.0.0.1", 8080)
    terms_url: WebUrl | None = None
    privacy_url: WebUrl | None = None
    form_origins: Annotated[tuple[str, ...], _text(origins)] = ()
    trusted_proxies: Networks = ()
    metrics_from: Networks = networks("127.0.0.0/8,::1")
    forms_per_network: Annotated[int, Field(ge=1)] = 20
    forms_an_hour: Annotated[int, Field(ge=1)] = 500
    page_fetches_an_hour: Annotated[int, Field(ge=0)] = 300
    secret_keys: Annotated[tuple[str, ...] | None, _text(secrets)] = None
    address_keys: Annotated[tuple[str, ...] | None, _text(partial(secrets, shortest=SHORTEST_KEY))] = None
    backup_within: Duration | None = None
    erasures_file: Annotated[Path | None, _text(unless_off)] = Path("notifier.erasures")
    model_url: WebUrl | None = None
    model_name: str | None = None
    model_key: Annotated[str | None, _text(header_text)] = Field(default=None, repr=False)
    model_timeout: Duration = timedelta(seconds=30)
    model_calls_a_day: Annotated[int, Field(ge=0)] = 200
    brake_studies: Annotated[float, _text(share)] = 0.2
    brake_messages: Annotated[float, _text(multiple)] = 5.0
    brake_event: Annotated[int, Field(ge=1)] = 20_000
    discreet: Annotated[Literal["subject", "body"], _text(str.lower)] = "subject"
    mails_a_day: Annotated[int, Field(ge=1)] = 10
    mails_an_hour: Annotated[int | None, Field(ge=1)] = None
    admin: str | None = None
    canary: str | None = None
    blind_after: Duration = timedelta(hours=36)
    fence_file: Annotated[Path | None, _text(unless_off)] = Path("notifier.fence")
    log_format: Annotated[Literal["text", "json"] | None, _text(str.lower)] = None
    log_level: Annotated[Literal["debug", "info", "warning", "error"], _text(str.lower)] = "info"
    clock: Annotated[datetime | None, _text(instant)] = None

    @property
    def mails_leave_this_machine(self) -> bool:
        """Whether mail goes by SMTP to a host other than loopback."""
        if self.smtp_url is None:
            return False
        try:
            return not is_loopback(urlsplit(self.smtp_url).hostname or "")
        except ValueError:
            # `notifier.smtp` says what is wrong with it; until then the strict rules are in force.
            return True

    @model_validator(mode="after")
    def _standing_clock_is_for_rehearsals(self) -> Self:
        if self.clock is not None and self.mails_leave_this_machine:
            raise SettingsError(
                "NOTIFIER_CLOCK stands still, so it is for rehearsals only: unset it, or set NOTIFIER_SMTP_URL "
                "to a server on this machine, for example smtp://127.0.0.1:2525"
            )
        return self

    @property
    def has_pages(self) -> bool:
        """Whether there are pages that mails can link to: served by this process, or by another machine."""
        return self.web_listen is not None or not is_loopback(urlsplit(self.public_url).hostname or "")

    def check_mailing(self) -> None:
        """Raise SettingsError when mail to real people would lack what it must carry (P9), or its links be weak."""
        if not self.mails_leave_this_machine:
            return
        for name in ("organisation", "postal_address"):
            if not getattr(self, name):
                raise SettingsError(
                    f"NOTIFIER_{name.upper()} is not set, and mail to real people must name it in its footer: "
                    f"set it, for example NOTIFIER_{name.upper()}={described()[name].example!r}"
                )
        if any(len(key) < SHORTEST_KEY for key in self.secret_keys or ()):
            raise SettingsError(
                f"NOTIFIER_SECRET_KEYS has a key shorter than {SHORTEST_KEY} characters, too weak for links in real "
                "mail: use long random text, or unset it and one is made and kept in notifier.key"
            )
        if is_loopback(urlsplit(self.public_url).hostname or ""):
            raise SettingsError(
                "NOTIFIER_PUBLIC_URL leads to this machine alone, so nobody could confirm or unsubscribe by the links in "
                f"real mail: set it, for example NOTIFIER_PUBLIC_URL={described()['public_url'].example}"
            )

    def shown(self) -> dict[str, str]:
        """The effective values by variable, secrets masked, for `doctor`."""
        return {PREFIX + name.upper(): _shown(name, getattr(self, name)) for name in type(self).model_fields}


def _shown(name: str, value: Any) -> str:
    if name in _WRITTEN:
        return _WRITTEN[name](value)
    if value is None or value == ():
        return "(unset)"
    if isinstance(value, timedelta):
        return written_duration(value)
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _without_secrets(url: str | None) -> str:
    # Up to the last @, because a password may hold one; and libpq takes a password among the options too.
    masked = re.sub(r"//.*@", "//***@", url or "(unset)")
    return re.sub(r"(?<=[?&]password=)[^&]*", "***", masked)


def _listed(networks: tuple[Network, ...]) -> str:
    return ",".join(map(str, networks)) or "(unset)"


#: How a value is shown where `str` would show a secret, or something that could not be set again.
_WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "database_url": _without_secrets,
    "smtp_url": _without_secrets,
    "secret_keys": lambda keys: f"({len(keys)} kept secret)" if keys else "(unset)",
    "address_keys": lambda keys: f"({len(keys)} kept secret)" if keys else "(unset)",
    **dict.fromkeys(
        ("model_key", "webhook_postmark", "webhook_mailgun"),
        lambda key: "(kept secret)" if key else "(unset)",
    ),
    "web_listen": lambda at: "off" if at is None else f"{f'[{at[0]}]' if ':' in at[0] else at[0]}:{at[1]}",
    "trusted_proxies": _listed,
    "metrics_from": _listed,
    "fence_file": lambda path: "off" if path is None else str(path),
    "erasures_file": lambda path: "off" if path is None else str(path),
    "retry_after": lambda waits: ",".join(map(written_duration, waits)),
    "dkim_keys": lambda keys: ",".join(f"{name}:{path}" for name, path in keys) or "(unset)",
    "brake_studies": lambda share: f"{share * 100:.15g}%",
    "brake_messages": lambda multiple: f"{multiple:.15g}x",
    "clock": lambda at: at.isoformat() if at else "(unset)",
}


def load(environ: Mapping[str, str], directory: Path) -> Settings:
    """The settings from `environ`, and what it does not name from `.env` in `directory`; an empty value is the default.

    Raises SettingsError with one line that names the variable, its fault and an example.
    """
    given = {**_written(directory / ".env"), **environ}
    said = {
        name.removeprefix(PREFIX).lower(): value.strip()
        for name, value in given.items()
        if name.startswith(PREFIX) and value.strip()
    }
    # A misspelt name would silently leave a default in force, for mail that is a leak waiting to happen.
    from difflib import get_close_matches

    for name in sorted(set(said) - set(Settings.model_fields)):
        near = get_close_matches(name, Settings.model_fields, n=1)
        hint = (
            f"did you mean {PREFIX}{near[0].upper()}?"
            if near
            else "see docs/reference/settings.md for the settings there are"
        )
        raise SettingsError(f"{PREFIX}{name.upper()} is not a setting of this program: {hint}")
    try:
        return Settings.model_validate(said)
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None


def _written(dotenv: Path) -> dict[str, str]:
    if not dotenv.is_file():
        return {}
    try:
        bindings = list(parse_stream(StringIO(dotenv.read_text(encoding="utf-8"))))
        # The package skips such a line with a warning, and a skipped line is a setting that is silently not in force.
        for binding in bindings:
            if binding.error:
                raise SettingsError(
                    f"Line {binding.original.line} of {dotenv} cannot be read: check its quotes; lines look like "
                    f"{PREFIX}LOG_LEVEL=info"
                )
        return {each.key: each.value for each in bindings if each.key is not None and each.value is not None}
    except (OSError, UnicodeDecodeError) as error:
        why = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise SettingsError(
            f"The settings in {dotenv} cannot be read ({why}): mend the file or its rights; its lines look like "
            f"{PREFIX}LOG_LEVEL=info"
        ) from error


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    cause = first.get("ctx", {}).get("error")
    name = str(first["loc"][0]) if first["loc"] else ""
    fault = str(cause) if cause is not None else str(first["msg"]).removeprefix("Input ").rstrip(".")
    fault = fault[0].lower() + fault[1:]
    return f"{PREFIX}{name.upper()} {fault}: set it to something like {PREFIX}{name.upper()}={described()[name].example if name in described() else '…'}"
