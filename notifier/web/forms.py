"""The forms of the pages, read: values, or a sentence beside each field that is wrong, in the language of the answer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from starlette.datastructures import FormData

from notifier.domain import mailbox_providers, narrowing
from notifier.domain.changes import EVERY_GROUP, Group, Weight
from notifier.domain.geo import FARTHEST
from notifier.domain.illnesses import offer
from notifier.domain.languages import LANGUAGES
from notifier.domain.narrowing import Narrowing, SaidNarrowing
from notifier.domain.scheduling import zone_of
from notifier.domain.wording.catalogue import n_
from notifier.errors import InputError, NctIdError
from notifier.services import sign_up_rules as rules
from notifier.services.sign_up_rules import LONGEST_PLACE
from notifier.storage import subscribers
from notifier.storage.models import Every
from notifier.web.incoming import on_one_line, said, whole_number
from notifier.web.speaking import answer, fault_said, say

MOST_CONDITIONS = 20  # in one form
LONGEST_PAUSE = timedelta(days=731)
AN_ADDRESS = n_("Please check this address. It should look like name@example.org.")
A_LANGUAGE = n_("There are mails in these languages: %(languages)s. Please choose one.")
A_STUDY = n_("This is not a study's number. It should look like NCT01234567.")
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
            self.wrong(name, say("This was sent twice. Please fill it in once."))
        elif len(typed) > longest:
            self.wrong(
                name, say("This is too long. Please use at most %(number)s characters.", number=longest)
            )
        return typed

    def texts(self, name: str, longest: int = 400) -> list[str]:
        """Every text of a field that may be there several times, each once; empty ones are left out."""
        typed = (on_one_line(each, longest) for each in self._form.getlist(name) if isinstance(each, str))
        return list(dict.fromkeys(text for text in typed if text))

    def ticked(self, name: str) -> bool:
        return "yes" in self._form.getlist(name)

    def wrong(self, name: str, sentence: str) -> None:
        """The first word on a field stands."""
        self.errors.setdefault(name, sentence)

    def read(self, name: str, reader: Callable[[], _T], sentence: str | None = None) -> _T | None:
        """What `reader` makes of a field; where it raises InputError, the field is wrong."""
        if name in self.errors:
            return None
        try:
            return reader()
        except InputError as error:
            self.wrong(name, say(sentence) if sentence else fault_said(error))
            return None

    def one_of(self, name: str, choices: type[_E], usual: _E) -> _E:
        """The choice that was made; `usual` where none was."""
        typed = self.text(name)
        try:
            return choices(typed.lower()) if typed else usual
        except ValueError:
            self.wrong(name, say("Please choose one of these: %(choices)s.", choices=", ".join(choices)))
            return usual


# --- fields that several forms have -----------------------------------------------------------------------------


def the_address(fields: Fields) -> subscribers.Address | None:
    """The address, by its form alone."""
    typed = fields.text("email", 320)
    if not typed:
        fields.wrong("email", say("Please write your e-mail address here."))
    return fields.read("email", lambda: subscribers.address(typed), AN_ADDRESS)


def meant(form: FormData) -> str | None:
    """The provider that the typed address probably meant, to be asked about; what was typed is taken all the same."""
    return mailbox_providers.meant(said(form, "email", 320))


def the_study(fields: Fields, name: str = "study") -> str | None:
    typed = fields.text(name, 40)
    return fields.read(name, lambda: rules.study(typed).nct_id, A_STUDY) if typed else None


def the_conditions(fields: Fields) -> list[subscribers.Wanted]:
    """The conditions, each once, however it was spelt; a study's number stands for the study."""
    typed = fields.texts("condition")
    if len(typed) > MOST_CONDITIONS:
        too_many = say("Please choose at most %(number)s conditions at once.", number=MOST_CONDITIONS)
        fields.wrong("condition", too_many)

    def topic(text: str) -> subscribers.Wanted:
        with suppress(NctIdError):
            return rules.study(text)
        return rules.condition(text)

    found = fields.read("condition", lambda: list(map(topic, typed))) or []
    return list({each.query or each.nct_id: each for each in found}.values())


def searched(form: FormData) -> list[tuple[str, str]]:
    """Conditions as they were typed, and as they are searched for where that is something else."""
    typed = Fields(form).texts("condition")[:MOST_CONDITIONS]
    found = []
    for text in typed:
        with suppress(InputError):
            found.append((text, rules.searched(text)))
    return [(text, words) for text, words in found if words]


def near_names(form: FormData) -> list[tuple[str, str]]:
    """Conditions as they were typed that are spelt otherwise, or are of another language, each with the name in English."""
    typed = Fields(form).texts("condition")[:MOST_CONDITIONS]
    return [(text, name) for text in typed if (name := offer(text).name)]


def the_language(fields: Fields) -> str | None:
    """The language of mails; a dialect is its language; None where none was given."""
    typed = fields.text("language", 35)
    which = say(A_LANGUAGE, languages=", ".join(LANGUAGES))
    return fields.read("language", lambda: rules.language(typed), which)


def the_time_zone(fields: Fields) -> str | None:
    typed = fields.text("time_zone", 64)
    return fields.read("time_zone", lambda: rules.time_zone(typed), A_TIME_ZONE)


def read_day(form: FormData, now: datetime, time_zone: str) -> datetime | dict[str, str]:
    """Until when to pause: the beginning of a day to come, by the person's clock."""
    fields = Fields(form)
    typed, where = fields.text("until", 40), zone_of(time_zone)
    try:
        begins = datetime.combine(date.fromisoformat(typed), time(), where).astimezone(UTC)
    except (ValueError, OverflowError):
        fields.wrong("until", say("Please choose a day, written like 2027-03-31."))
        return fields.errors
    if not now < begins <= now + LONGEST_PAUSE:
        fields.wrong("until", say("Please choose a day after today, and within two years."))
    return fields.errors or begins


NARROW_FIELDS = ("open_only", "treatment_only", "countries", "age_group", "sex", "not_words")
ONE_OF_THESE = n_("Please choose one of these.")
FEW_WORDS = n_("Please write at most 20 words, each of at most 40 letters.")
A_COUNTRY = n_(
    "Please write countries by their names, or by codes such as DK, with commas between them; at most 20."
)


def the_narrowing(fields: Fields, *, whole: bool = False) -> SaidNarrowing:
    """Which new studies of a condition are told. What was left empty is not said; `whole`: it is said to be any."""
    typed = {name: fields.text(name) for name in ("countries", "age_group", "sex", "not_words")}
    ticked = {
        name: fields.ticked(name) or (False if whole else None) for name in ("open_only", "treatment_only")
    }

    def read(name: str, reader: Callable[[str], _T], sentence: str | None = None) -> _T | None:
        said = bool(typed[name]) or whole
        return fields.read(name, lambda: reader(typed[name]), sentence) if said else None

    return SaidNarrowing(
        **ticked,
        countries=read("countries", lambda text: narrowing.countries([text]), A_COUNTRY),
        age_group=read("age_group", lambda text: narrowing.age_group(text or narrowing.ANY), ONE_OF_THESE),
        sex=read("sex", lambda text: narrowing.sex(text or narrowing.ANY), ONE_OF_THESE),
        not_words=read("not_words", lambda text: narrowing.not_words([text]), FEW_WORDS),
    )


def narrow_values(chosen: Narrowing | Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What stands in the fields by which a condition is narrowed: what is chosen, or what was typed."""
    if not isinstance(chosen, Narrowing):
        return {name: ", ".join(chosen.get(name, ())) for name in NARROW_FIELDS}
    plain = chosen.plain()
    return {
        "open_only": "yes" if "open_only" in plain else "",
        "treatment_only": "yes" if "treatment_only" in plain else "",
        "countries": ", ".join(narrowing.country_name(code, answer().language) for code in chosen.countries),
        "age_group": str(plain.get("age_group", "")),
        "sex": str(plain.get("sex", "")),
        "not_words": " ".join(chosen.not_words),
    }


A_TIME_ZONE = n_(
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
    narrow: Mapping[str, str] = field(default_factory=lambda: narrow_values({}))
    near: str = ""
    within: str = ""
    consent: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def own(self) -> tuple[str, ...]:
        """What was typed beside the terms that are offered."""
        return tuple(each for each in self.conditions if each not in self.offered)

    @property
    def is_unfolded(self) -> bool:
        """Whether something stands, or is wrong, in its fold."""
        names = {*NARROW_FIELDS, "every", "near", "within", "language", "time_zone"}
        chosen = any(self.narrow.values()) or self.near or self.within or self.time_zone
        return bool(chosen or self.every != Every.IMMEDIATE or names & self.errors.keys())


def sign_up_form(token: str, nct_id: str, offered: Iterable[str]) -> SignUpForm:
    """The form as it first stands on a study's page: the study is ticked, because the page is about it."""
    terms = tuple(dict.fromkeys(" ".join(each.split()) for each in offered))
    return SignUpForm(token, about=nct_id, offered=terms, study=nct_id)


def read_sign_up(
    form: FormData,
) -> tuple[subscribers.Person, list[subscribers.Wanted], subscribers.Choice] | dict[str, str]:
    """Who signs up, for what, and how it is to be told; or a sentence for each field that is wrong."""
    fields = Fields(form)
    who, wanted = the_address(fields), _the_wanted(fields)
    every = fields.one_of("every", Every, Every.IMMEDIATE)
    language, time_zone = the_language(fields), the_time_zone(fields)
    said = the_narrowing(fields)
    near = fields.text("near", LONGEST_PLACE)
    within = _within(fields, near)
    if not wanted and not fields.errors.keys() & {"study", "condition"}:
        fields.wrong("study", say("Please choose at least one thing to hear about."))
    _the_consent(fields)
    if fields.errors or who is None:
        return fields.errors
    person = subscribers.Person(who, time_zone=time_zone, language=language, near=near or None, within=within)
    return person, wanted, subscribers.Choice(every, narrowing=said)


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
        narrow=narrow_values({name: fields.texts(name) for name in NARROW_FIELDS}),
        near=fields.text("near", LONGEST_PLACE),
        within=fields.text("within", 10),
        consent=fields.ticked("consent"),
        errors=errors,
    )


def about_of(form: FormData) -> str | None:
    """The study whose page the form stood on."""
    return the_study(Fields(form), "about")


EVERY_WORDS = {
    Every.IMMEDIATE: n_("When something happens"),
    Every.DAILY: n_("At most once a day"),
    Every.WEEKLY: n_("At most once a week"),
}
WEIGHT_WORDS = {
    Weight.IMPORTANT: n_("Only what is important"),
    Weight.NOTABLE: n_("What is worth knowing"),
    Weight.MINOR: n_("Small edits too"),
}
#: Of a study; a condition has one sort of news.
SORT_WORDS = {
    Group.OPENS_OR_STOPS: n_("It opens, pauses or stops"),
    Group.RESULTS: n_("Results"),
    Group.WHO_CAN_JOIN: n_("Who can join"),
    Group.PLACES: n_("Places, and whom to ask"),
    Group.DATES: n_("Dates, and how many people"),
    Group.EVERYTHING_ELSE: n_("Everything else"),
}
WEEKDAYS = (
    n_("Monday"), n_("Tuesday"), n_("Wednesday"), n_("Thursday"), n_("Friday"), n_("Saturday"), n_("Sunday"),
)  # fmt: skip
LANGUAGE_WORDS = {code: each.own_name for code, each in LANGUAGES.items()}
HOURS = tuple(f"{hour}:00" for hour in range(24))


def hears_of(chosen: subscribers.Chosen, sort: Group) -> bool:
    return bool(chosen.groups & sort)


@dataclass(frozen=True, slots=True)
class WrongForm:
    """A form of the page that could not be used: which one, what was typed, and a sentence for each wrong field."""

    at: str  # such as "person", or "choice-12"
    errors: Mapping[str, str]
    typed: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def at_form(self, at: str) -> Mapping[str, str]:
        return self.errors if self.at == at else {}

    def one(self, at: str, name: str, usual: str | None) -> str:
        """What stands in a field: what was typed, else what is so."""
        if self.at != at:
            return usual or ""
        return (self.typed.get(name) or ("",))[-1]

    def has(self, at: str, name: str, value: str, usual: bool) -> bool:
        """Whether a box is ticked: as it was typed, else as it is."""
        return value in self.typed.get(name, ()) if self.at == at else usual


NOTHING_WRONG = WrongForm("", {})


def wrong(at: str, form: FormData, errors: Mapping[str, str]) -> WrongForm:
    """The form as it was sent, with what is wrong in it."""
    fields = Fields(form)
    return WrongForm(at, errors, {name: fields.texts(name) for name in form})


def read_choice(form: FormData, *, of_study: bool) -> tuple[subscribers.Choice, str] | dict[str, str]:
    """How one subscription is to tell, and the person's own words on it."""
    fields = Fields(form)
    every = fields.one_of("every", Every, Every.IMMEDIATE)
    note = fields.text("note", subscribers.LONGEST_NOTE)
    if not of_study:
        said = the_narrowing(fields, whole="countries" in form)  # or the form had none of it
        return fields.errors or (subscribers.Choice(every, narrowing=said), note)
    lightest = fields.one_of("lightest", Weight, Weight.NOTABLE)
    if lightest not in WEIGHT_WORDS:
        which = ", ".join(WEIGHT_WORDS)
        fields.wrong("lightest", say("Please choose one of these: %(choices)s.", choices=which))
    names = {str(each.name).lower(): each for each in SORT_WORDS}
    ticked = fields.texts("sort", 40)
    if not ticked or not names.keys() >= set(ticked):
        fields.wrong("sort", say("Please tick at least one sort of change."))
        sorts = EVERY_GROUP
    else:
        chosen = {names[each] for each in ticked}
        sorts = EVERY_GROUP if len(chosen) == len(names) else Group(sum(chosen))
    return fields.errors or (subscribers.Choice(every, lightest, sorts), note)


def read_wishes(form: FormData) -> tuple[subscribers.Wishes, str, int | None] | dict[str, str]:
    """How somebody wants to be written to, and where they want to hear of places: in their words, and how many km around.

    A box that is not ticked is a no.
    """
    fields = Fields(form)
    time_zone = the_time_zone(fields)
    if time_zone is None:
        fields.wrong("time_zone", say(A_TIME_ZONE))
    wishes = subscribers.Wishes(
        language=the_language(fields) or "en",
        time_zone=time_zone,
        hour=_number(fields, "hour", len(HOURS), say("Please choose an hour from 0 to 23.")),
        weekday=_number(fields, "weekday", len(WEEKDAYS), say("Please choose a day of the week.")),
        title_in_subject=fields.ticked("title_in_subject"),
        discreet=fields.ticked("discreet"),
        still_watching=fields.ticked("still_watching"),
    )
    near = fields.text("near", LONGEST_PLACE)
    within = _within(fields, near)
    return fields.errors or (wishes, near, within)


def _within(fields: Fields, near: str) -> int | None:
    typed = fields.text("within", 10)
    if not typed:
        return None
    if not near:
        fields.wrong("near", say("Please write a town, so that we know where the kilometres count from."))
    if (km := whole_number(typed, 1, FARTHEST)) is None:
        please = say("Please write a number from 1 to %(number)s, or leave it empty.", number=FARTHEST)
        fields.wrong("within", please)
    return km


def _number(fields: Fields, name: str, below: int, sentence: str) -> int:
    if (number := whole_number(fields.text(name, 10), 0, below - 1)) is None:
        fields.wrong(name, sentence)
    return number or 0


def read_more(form: FormData) -> list[subscribers.Wanted] | dict[str, str]:
    """More to follow: a study by its number, conditions by name, with consent to that."""
    fields = Fields(form)
    wanted = _the_wanted(fields)
    if not wanted and not fields.errors:
        fields.wrong("study", say("Please write a study's number, or a condition."))
    _the_consent(fields)
    return fields.errors or wanted


def _the_wanted(fields: Fields) -> list[subscribers.Wanted]:
    study, named = the_study(fields), the_conditions(fields)
    return list(dict.fromkeys([*([] if study is None else [subscribers.Wanted(nct_id=study)]), *named]))


def _the_consent(fields: Fields) -> None:
    if not fields.ticked("consent"):
        please = say("Please tick this box if you agree. Without it we may not send you anything.")
        fields.wrong("consent", please)
