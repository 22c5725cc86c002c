"""The settings: environment variables and `.env`, checked once at start. Reads nothing else and opens nothing."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from io import StringIO
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from dotenv.parser import parse_stream
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from notifier.errors import SettingsError
from notifier.settings import values
from notifier.settings.described import DESCRIBED
from notifier.settings.values import is_loopback, is_selector

PREFIX = "NOTIFIER_"


def _text(read: Callable[[str], object]) -> BeforeValidator:
    """How the text of a variable becomes a value; what is one already stays as it is."""
    return BeforeValidator(lambda value: read(value) if isinstance(value, str) else value)


Duration = Annotated[timedelta, _text(values.duration)]
Network = IPv4Network | IPv6Network
Networks = Annotated[tuple[Network, ...], _text(values.networks)]
WebUrl = Annotated[str, _text(values.web_url)]


class Settings(BaseModel):
    """Every setting, checked. The field `x` is the variable NOTIFIER_X; times are timedeltas, shares are 0..1."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: str = "sqlite:///notifier.db"
    registry_url: WebUrl = "https://clinicaltrials.gov/api/v2"
    registry_requests_per_second: Annotated[float, Field(gt=0, le=10_000)] = 1
    registry_user_agent: Annotated[str | None, _text(values.header_text)] = None
    reread_studies: Annotated[int, Field(ge=0, le=100_000)] = 500
    new_study_within: Duration = timedelta(days=30)
    settle_minor: Duration = timedelta(hours=6)
    watch_every: Duration = timedelta(minutes=30)
    smtp_url: str | None = None
    mail_dir: Path = Path("mail")
    smtp_connections: Annotated[int, Field(ge=1, le=100)] = 4
    smtp_timeout: Duration = timedelta(seconds=60)
    smtp_final_timeout: Duration = timedelta(seconds=600)
    retry_after: Annotated[tuple[timedelta, ...], _text(values.durations)] = tuple(
        timedelta(minutes=minutes) for minutes in (15, 30, 60, 120, 240, 480)
    )
    give_up_after: Duration = timedelta(days=5)
    stale_after: Duration = timedelta(days=5)
    unsure: Annotated[Literal["resend_once", "hold"], _text(str.lower)] = "resend_once"
    mail_from: str = "Trial updates <updates@localhost>"
    mail_reply_to: str | None = None
    bounce_domain: Annotated[str | None, _text(values.domain)] = None
    webhook_ses: Annotated[str | None, _text(values.topic)] = None
    webhook_postmark: Annotated[str | None, _text(values.secret)] = None
    webhook_mailgun: Annotated[str | None, _text(values.secret)] = None
    dkim_keys: Annotated[tuple[tuple[str, Path], ...], _text(values.dkim_keys)] = ()
    dkim_domain: Annotated[str | None, _text(values.domain)] = None
    organisation: str | None = None
    postal_address: str | None = None
    templates: Path | None = None
    brand_name: Annotated[str | None, _text(values.line_of(80))] = None
    brand_logo: Path | None = None
    brand_accent: str | None = None
    brand_help_line: Annotated[str | None, _text(values.line_of(300))] = None
    language: Annotated[str, _text(str.lower)] = "en"
    time_zone: str = "UTC"
    recipient_allowlist: Annotated[tuple[str, ...], _text(values.recipients)] = ()
    public_url: WebUrl = "http://127.0.0.1:8080"
    web_listen: Annotated[tuple[str, int] | None, _text(values.listen)] = ("127.0.0.1", 8080)
    terms_url: WebUrl | None = None
    privacy_url: WebUrl | None = None
    form_origins: Annotated[tuple[str, ...], _text(values.origins)] = ()
    trusted_proxies: Networks = ()
    metrics_from: Networks = values.networks("127.0.0.0/8,::1")
    forms_per_network: Annotated[int, Field(ge=1)] = 20
    forms_an_hour: Annotated[int, Field(ge=1)] = 500
    page_fetches_an_hour: Annotated[int, Field(ge=0)] = 300
    secret_keys: Annotated[tuple[str, ...] | None, _text(values.secrets)] = None
    address_keys: Annotated[tuple[str, ...] | None, _text(values.address_keys)] = None
    backup_within: Duration | None = None
    erasures_file: Annotated[Path | None, _text(values.unless_off)] = Path("notifier.erasures")
    model_url: WebUrl | None = None
    model_name: str | None = None
    model_key: Annotated[str | None, _text(values.header_text)] = Field(default=None, repr=False)
    model_timeout: Duration = timedelta(seconds=30)
    model_calls_a_day: Annotated[int, Field(ge=0)] = 200
    brake_studies: Annotated[float, _text(values.share)] = 0.2
    brake_messages: Annotated[float, _text(values.multiple)] = 5.0
    brake_event: Annotated[int, Field(ge=1)] = 20_000
    discreet: Annotated[Literal["subject", "body"], _text(str.lower)] = "subject"
    mails_a_day: Annotated[int, Field(ge=1)] = 10
    mails_an_hour: Annotated[int | None, Field(ge=1)] = None
    admin: str | None = None
    canary: str | None = None
    blind_after: Duration = timedelta(hours=36)
    fence_file: Annotated[Path | None, _text(values.unless_off)] = Path("notifier.fence")
    log_format: Annotated[Literal["text", "json"] | None, _text(str.lower)] = None
    log_level: Annotated[Literal["debug", "info", "warning", "error"], _text(str.lower)] = "info"
    clock: Annotated[datetime | None, _text(values.instant)] = None

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
                    f"set it, for example NOTIFIER_{name.upper()}={DESCRIBED[name].example!r}"
                )
        if any(len(key) < values.SHORTEST_KEY for key in self.secret_keys or ()):
            raise SettingsError(
                f"NOTIFIER_SECRET_KEYS has a key shorter than {values.SHORTEST_KEY} characters, too weak for links in real "
                "mail: use long random text, or unset it and one is made and kept in notifier.key"
            )
        if is_loopback(urlsplit(self.public_url).hostname or ""):
            raise SettingsError(
                "NOTIFIER_PUBLIC_URL leads to this machine alone, so nobody could confirm or unsubscribe by the links in "
                f"real mail: set it, for example NOTIFIER_PUBLIC_URL={DESCRIBED['public_url'].example}"
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
        return values.written_duration(value)
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _without_secrets(url: str | None) -> str:
    # Up to the last @, because a password may hold one; and libpq takes a password among the options too.
    masked = re.sub(r"//.*@", "//***@", url or "(unset)")
    return re.sub(r"(?<=[?&]password=)[^&]*", "***", masked)


def _endpoint(where: tuple[str, int] | None) -> str:
    if where is None:
        return "off"
    host, port = where
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


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
    "web_listen": _endpoint,
    "trusted_proxies": _listed,
    "metrics_from": _listed,
    "fence_file": lambda path: "off" if path is None else str(path),
    "erasures_file": lambda path: "off" if path is None else str(path),
    "retry_after": lambda waits: ",".join(map(values.written_duration, waits)),
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
    return f"{PREFIX}{name.upper()} {fault}: set it to something like {PREFIX}{name.upper()}={DESCRIBED[name].example if name in DESCRIBED else '…'}"
