"""What people type into forms, checked: values that can be used, or one clear sentence beside each wrong field. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from starlette.datastructures import FormData

from notifier.domain import mailbox_providers
from notifier.domain.scheduling import zone_of
from notifier.domain.wording import LANGUAGES
from notifier.errors import InputError
from notifier.services import sign_up_rules as rules
from notifier.storage.models import Every
from notifier.storage.subscribers import Address, Wanted, address
from notifier.web.bodies import on_one_line, said

MOST_CONDITIONS = 20  # in one form
LONGEST_PAUSE = timedelta(days=731)
AN_ADDRESS = "Please check this address. It should look like name@example.org."
A_LANGUAGE = f"There are mails in these languages: {', '.join(LANGUAGES)}. Please choose one."
A_STUDY = "This is not a study's number. It should look like NCT01234567."
_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)


class Fields:
    """The fields of one form, as they were sent; gathers a sentence for each one that is wrong."""

    def __init__(self, form: FormData) -> None:
        self._form = form
        self.errors: dict[str, str] = {}

    def text(self, name: str, longest: int = 400) -> str:
        """One field on one line. It is wrong where it was sent twice with two texts, or is too long."""
        typed = said(self._form, name, longest)
        if len(set(self._form.getlist(name))) > 1:
            self.wrong(name, "This was sent twice. Please fill it in once.")
        elif len(typed) > longest:
            self.wrong(name, f"This is too long. Please use at most {longest} characters.")
        return typed

    def texts(self, name: str, longest: int = 400) -> list[str]:
        """Every text of a field that may be there several times, each once; empty ones are left out."""
        typed = (on_one_line(each, longest) for each in self._form.getlist(name) if isinstance(each, str))
        return list(dict.fromkeys(text for text in typed if text))

    def ticked(self, name: str) -> bool:
        return "yes" in self._form.getlist(name)

    def wrong(self, name: str, sentence: str) -> None:
        """Note what is wrong with a field; the first word on it stands."""
        self.errors.setdefault(name, sentence)

    def read(self, name: str, reader: Callable[[], _T], sentence: str | None = None) -> _T | None:
        """What `reader` makes of a field; where it raises InputError, the field is wrong."""
        if name in self.errors:
            return None
        try:
            return reader()
        except InputError as error:
            self.wrong(name, sentence or _sentence(error))
            return None

    def one_of(self, name: str, choices: type[_E], usual: _E) -> _E:
        """The choice that was made; `usual` where none was."""
        typed = self.text(name)
        try:
            return choices(typed.lower()) if typed else usual
        except ValueError:
            self.wrong(name, f"Please choose one of these: {', '.join(choices)}.")
            return usual


def _sentence(error: InputError) -> str:
    words = str(error).strip()
    return words[:1].upper() + words[1:].rstrip(".") + "."


# --- fields that several forms have -----------------------------------------------------------------------------


def the_address(fields: Fields, name: str = "email") -> Address | None:
    """The address, by its form alone."""
    typed = fields.text(name, 320)
    if not typed:
        fields.wrong(name, "Please write your e-mail address here.")
    return fields.read(name, lambda: address(typed), AN_ADDRESS)


def meant(form: FormData, name: str = "email") -> str | None:
    """The provider that the typed address probably meant, to be asked about; what was typed is taken all the same."""
    return mailbox_providers.meant(said(form, name, 320))


def the_study(fields: Fields, name: str = "study") -> str | None:
    """The id of a study; None where none was given."""
    typed = fields.text(name, 40)
    return fields.read(name, lambda: rules.study(typed).nct_id, A_STUDY) if typed else None


def the_conditions(fields: Fields, name: str = "condition") -> list[Wanted]:
    """The conditions, each once, however it was spelt."""
    typed = fields.texts(name)
    if len(typed) > MOST_CONDITIONS:
        fields.wrong(name, f"Please choose at most {MOST_CONDITIONS} conditions at once.")
    found = fields.read(name, lambda: [rules.condition(text) for text in typed]) or []
    return list({each.query: each for each in found}.values())


def the_language(fields: Fields, name: str = "language") -> str | None:
    """The language of mails; a dialect is its language; None where none was given."""
    typed = fields.text(name, 35)
    return fields.read(name, lambda: rules.language(typed), A_LANGUAGE)


def the_time_zone(fields: Fields, name: str = "time_zone") -> str | None:
    """The name of a time zone; None where none was given."""
    typed = fields.text(name, 64)
    return fields.read(name, lambda: rules.time_zone(typed), A_TIME_ZONE)


def the_day(fields: Fields, name: str, now: datetime, time_zone: str) -> datetime | None:
    """The beginning of a day to come, by the person's clock."""
    typed, where = fields.text(name, 40), zone_of(time_zone)
    try:
        begins = datetime.combine(date.fromisoformat(typed), time(), where).astimezone(UTC)
    except (ValueError, OverflowError):
        fields.wrong(name, "Please choose a day, written like 2027-03-31.")
        return None
    if not now < begins <= now + LONGEST_PAUSE:
        fields.wrong(name, "Please choose a day after today, and within two years.")
        return None
    return begins


A_TIME_ZONE = (
    "This is not the name of a time zone. Please write one such as Europe/Copenhagen or America/New_York."
)


# --- signing up -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignUpForm:
    """A sign-up form as it is shown: what it offers, what was typed into it, and what is wrong with that, by field.

    `about` is the study whose page it stands on, `offered` are the terms of its conditions, a tick each.
    """

    token: str  # says when it was shown
    about: str | None = None
    offered: tuple[str, ...] = ()
    email: str = ""
    study: str = ""  # typed, or the id where it is ticked
    conditions: tuple[str, ...] = ()
    every: str = Every.IMMEDIATE
    language: str = ""
    time_zone: str = ""
    consent: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def own(self) -> tuple[str, ...]:
        """What was typed beside the terms that are offered."""
        return tuple(each for each in self.conditions if each not in self.offered)


def sign_up_form(token: str, nct_id: str, offered: Iterable[str]) -> SignUpForm:
    """The form as it first stands on a study's page: the study is ticked, because the page is about it."""
    terms = tuple(dict.fromkeys(" ".join(each.split()) for each in offered))
    return SignUpForm(token, about=nct_id, offered=terms, study=nct_id)


@dataclass(frozen=True, slots=True)
class SignUp:
    """A sign-up that can be used."""

    address: Address
    wanted: tuple[Wanted, ...]
    every: Every
    language: str | None
    time_zone: str | None


def read_sign_up(form: FormData) -> SignUp | dict[str, str]:
    """The sign-up, or a sentence for each wrong field."""
    fields = Fields(form)
    who, study, named = the_address(fields), the_study(fields), the_conditions(fields)
    wanted = ([] if study is None else [Wanted(nct_id=study)]) + named
    every = fields.one_of("every", Every, Every.IMMEDIATE)
    language, time_zone = the_language(fields), the_time_zone(fields)
    if not wanted and not fields.errors.keys() & {"study", "condition"}:
        fields.wrong("study", "Please choose at least one thing to hear about.")
    if not fields.ticked("consent"):
        fields.wrong("consent", "Please tick this box if you agree. Without it we may not send you anything.")
    if fields.errors or who is None:
        return fields.errors
    return SignUp(who, tuple(wanted), every, language, time_zone)


def typed_sign_up(
    form: FormData, token: str, offered: Iterable[str], errors: Mapping[str, str]
) -> SignUpForm:
    """The form again, with all that was typed. `offered` are the terms of the study that it names as its page's."""
    fields = Fields(form)
    return SignUpForm(
        token,
        about=about_of(form),
        offered=tuple(dict.fromkeys(" ".join(each.split()) for each in offered)),
        email=fields.text("email", 320),
        study=fields.text("study", 40),
        conditions=tuple(fields.texts("condition")[:MOST_CONDITIONS]),
        every=fields.text("every"),
        language=fields.text("language"),
        time_zone=fields.text("time_zone"),
        consent=fields.ticked("consent"),
        errors=errors,
    )


def about_of(form: FormData) -> str | None:
    """The study whose page the form stood on."""
    return the_study(Fields(form), "about")
