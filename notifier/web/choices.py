"""What a person chose, as the preferences page shows it and reads it again. Pure: values, or a sentence beside each field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from starlette.datastructures import FormData

from notifier.domain.changes import EVERY_GROUP, Group, Weight
from notifier.domain.geo import FARTHEST
from notifier.storage.models import Every
from notifier.storage.subscribers import LONGEST_NOTE, Choice, Chosen, Wanted, Wishes
from notifier.web import forms

LONGEST_PLACE = 80  # characters
EVERY_WORDS = {
    Every.IMMEDIATE: "When something happens",
    Every.DAILY: "At most once a day",
    Every.WEEKLY: "At most once a week",
}
WEIGHT_WORDS = {
    Weight.IMPORTANT: "Only what is important",
    Weight.NOTABLE: "What is worth knowing",
    Weight.MINOR: "Small edits too",
}
#: Of a study; a condition has one sort of news.
SORT_WORDS = {
    Group.OPENS_OR_STOPS: "It opens, pauses or stops",
    Group.RESULTS: "Results",
    Group.WHO_CAN_JOIN: "Who can join",
    Group.PLACES: "Places, and whom to ask",
    Group.DATES: "Dates, and how many people",
    Group.EVERYTHING_ELSE: "Everything else",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LANGUAGE_WORDS = {"en": "English", "da": "Dansk", "de": "Deutsch"}
HOURS = tuple(f"{hour}:00" for hour in range(24))


def hears_of(chosen: Chosen, sort: Group) -> bool:
    """Whether this subscription tells of such changes."""
    return bool(chosen.groups & sort)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A form of the page that could not be used: which one, what was typed, and a sentence for each wrong field."""

    at: str  # such as "person", or "choice-12"
    errors: Mapping[str, str]
    typed: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def at_form(self, at: str) -> Mapping[str, str]:
        """What is wrong in that form."""
        return self.errors if self.at == at else {}

    def one(self, at: str, name: str, usual: str | None) -> str:
        """What stands in a field: what was typed, else what is so."""
        if self.at != at:
            return usual or ""
        return (self.typed.get(name) or ("",))[-1]

    def has(self, at: str, name: str, value: str, usual: bool) -> bool:
        """Whether a box is ticked: as it was typed, else as it is."""
        return value in self.typed.get(name, ()) if self.at == at else usual


NOTHING_WRONG = Wrong("", {})


def wrong(at: str, form: FormData, errors: Mapping[str, str]) -> Wrong:
    """The form as it was sent, with what is wrong in it."""
    fields = forms.Fields(form)
    return Wrong(at, errors, {name: fields.texts(name) for name in form})


@dataclass(frozen=True, slots=True)
class OneChoice:
    """How one subscription is to tell, and the person's own words on it."""

    choice: Choice
    note: str


def read_choice(form: FormData, *, of_study: bool) -> OneChoice | dict[str, str]:
    """How often, of what, and the note."""
    fields = forms.Fields(form)
    every = fields.one_of("every", Every, Every.IMMEDIATE)
    note = fields.text("note", LONGEST_NOTE)
    if not of_study:
        return fields.errors or OneChoice(Choice(every), note)
    lightest = fields.one_of("lightest", Weight, Weight.NOTABLE)
    if lightest not in WEIGHT_WORDS:
        fields.wrong("lightest", f"Please choose one of these: {', '.join(WEIGHT_WORDS)}.")
    sorts = _sorts(fields)
    return fields.errors or OneChoice(Choice(every, lightest, sorts), note)


def _sorts(fields: forms.Fields) -> Group:
    names = {str(each.name).lower(): each for each in SORT_WORDS}
    ticked = fields.texts("sort", 40)
    if not ticked or not names.keys() >= set(ticked):
        fields.wrong("sort", "Please tick at least one sort of change.")
        return EVERY_GROUP
    chosen = {names[each] for each in ticked}
    return EVERY_GROUP if len(chosen) == len(names) else Group(sum(chosen))


@dataclass(frozen=True, slots=True)
class Written:
    """How somebody wants to be written to, and where they want to hear of places: in their words, and how far around."""

    wishes: Wishes
    near: str
    within: int | None  # km; None: no circle


def read_wishes(form: FormData) -> Written | dict[str, str]:
    """How somebody wants to be written to. A box that is not ticked is a no."""
    fields = forms.Fields(form)
    time_zone = forms.the_time_zone(fields)
    if time_zone is None:
        fields.wrong("time_zone", forms.A_TIME_ZONE)
    wishes = Wishes(
        language=forms.the_language(fields) or "en",
        time_zone=time_zone,
        hour=_number(fields, "hour", len(HOURS), "an hour from 0 to 23"),
        weekday=_number(fields, "weekday", len(WEEKDAYS), "a day of the week"),
        title_in_subject=fields.ticked("title_in_subject"),
        still_watching=fields.ticked("still_watching"),
    )
    near = fields.text("near", LONGEST_PLACE)
    within = _within(fields, near)
    return fields.errors or Written(wishes, near, within)


def _within(fields: forms.Fields, near: str) -> int | None:
    typed = fields.text("within", 10)
    if not typed:
        return None
    if not near:
        fields.wrong("near", "Please write a town, so that we know where the kilometres count from.")
    if not (typed.isascii() and typed.isdigit() and 1 <= int(typed) <= FARTHEST):
        fields.wrong("within", f"Please write a number from 1 to {FARTHEST}, or leave it empty.")
        return None
    return int(typed)


def _number(fields: forms.Fields, name: str, below: int, what: str) -> int:
    typed = fields.text(name, 10)
    if not (typed.isascii() and typed.isdigit() and int(typed) < below):
        fields.wrong(name, f"Please choose {what}.")
        return 0
    return int(typed)


def read_more(form: FormData) -> list[Wanted] | dict[str, str]:
    """More to follow: a study by its number, conditions by name, with consent to that."""
    fields = forms.Fields(form)
    study, named = forms.the_study(fields), forms.the_conditions(fields)
    wanted = ([] if study is None else [Wanted(nct_id=study)]) + named
    if not wanted and not fields.errors:
        fields.wrong("study", "Please write a study's number, or a condition.")
    if not fields.ticked("consent"):
        fields.wrong("consent", "Please tick this box if you agree. Without it we may not send you anything.")
    return fields.errors or wanted


def read_day(form: FormData, now: datetime, time_zone: str) -> datetime | dict[str, str]:
    """Until when to pause."""
    fields = forms.Fields(form)
    until = forms.the_day(fields, "until", now, time_zone)
    return fields.errors if until is None else until
