"""What the templates of mails are given: what is said of each study and topic, in order, and short enough to be read whole. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from notifier.domain.changes import FOUND, Change, Kind, Weight, calendar
from notifier.domain.geo import Near
from notifier.domain.letter import (
    Agreement,
    Correction,
    Entry,
    Letter,
    LetterKind,
    OpenStudy,
    Reason,
    Story,
    Told,
    Topic,
)
from notifier.domain.scheduling import zone_of
from notifier.domain.study import Study
from notifier.domain.wording import (
    Line,
    Mark,
    Quote,
    Section,
    Speech,
    Telling,
    one_line,
    registry_words,
    sections,
    shown,
    story,
    tell,
)
from notifier.domain.wording.advice import ASK_THE_TEAM, begun, in_season
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.places import is_near
from notifier.domain.wording.sentences import Ask
from notifier.domain.wording.shapes import ALSO, ours, theirs

REGISTRY_PAGE = "https://clinicaltrials.gov/study/"
MOST_CONTACTS = 2
#: These come with a followed condition, not with a followed study.
#: What leads a mail of several, in this order; then a place near its reader, then the rest.
_LEAD = {
    Kind.STATUS_OPENED: 0,
    **dict.fromkeys((Kind.STATUS_STOPPED, Kind.STATUS_PAUSED, Kind.STATUS_CLOSED), 1),
    Kind.RESULTS_POSTED: 2,
}
_NEAR, _REST = 3, 4
_NEW_PLACES = frozenset({Kind.SITE_OPENED, Kind.SITE_ADDED})
_WEIGHTS = {
    Weight.IMPORTANT: n_("Important"),
    Weight.NOTABLE: n_("Worth knowing"),
    Weight.MINOR: n_("Small edit"),
    Weight.HOUSEKEEPING: n_("Small edit"),
}
#: What a mail says whose body names nothing; also its subject.
HEADLINES = {
    LetterKind.UPDATE: n_("Something you follow has changed"),
    LetterKind.WELCOME: n_("From now on we watch for you"),
    LetterKind.CORRECTION: n_("We told you something wrong"),
    LetterKind.STILL_WATCHING: n_("Nothing new: we are still watching"),
}
IMPORTANCE = {
    Weight.IMPORTANT: n_("It is important: please read it."),
    Weight.NOTABLE: n_("It is worth knowing."),
    Weight.MINOR: n_("It is a small edit."),
    Weight.HOUSEKEEPING: n_("It is a small edit."),
}
_EVERY = {
    "immediate": n_("We write as soon as we see it."),
    "daily": n_("We write once a day at most."),
    "weekly": n_("We write once a week at most."),
}


@dataclass(frozen=True, slots=True)
class EntryView:
    """One study in a mail. weights: a word for each telling, empty where all weigh the same. notes: the reader's own."""

    nct_id: str
    title: str
    facts: str
    followed: str
    notes: tuple[str, ...]
    headline: str  # of what matters most in it
    tellings: tuple[Telling, ...]
    weights: tuple[str, ...]
    sections: tuple[Section, ...]
    contacts: tuple[Line, ...]
    marked: bool  # words that differ stand out in it
    page_url: str | None
    registry_url: str
    is_found: bool
    is_new: bool


@dataclass(frozen=True, slots=True)
class ReasonView:
    """Why somebody gets a mail, and, where there are several reasons, the link that ends this one alone."""

    text: str
    stop_text: str
    stop_url: str | None


@dataclass(frozen=True, slots=True)
class AskView:
    """Of a study of which nothing more is expected: to keep watching, which needs nothing, or the link that stops it."""

    keep: str
    stop: str
    stop_url: str


@dataclass(frozen=True, slots=True)
class AgreementView:
    """What somebody agreed to: our words that lead to it, and its own, a paragraph an item."""

    lead: str
    words: tuple[str, ...]


def matters(entry: Entry) -> tuple[int, int]:
    """How much the entry matters to its reader, the least number the most: what leads a mail comes first."""
    return min(_leads(told.change, entry.near) for told in entry.told)


def _leads(change: Change, near: Near | None) -> tuple[int, int]:
    """First what decides whether somebody can take part, then what came of it, then a place near them, then by weight."""
    if change.kind in _NEW_PLACES and near is not None and is_near(change.after, near):
        return _NEAR, change.weight.rank
    return _LEAD.get(change.kind, _REST), 2 * change.weight.rank + (change.kind is Kind.ENROLMENT)


@dataclass(frozen=True, slots=True)
class PublicPages:
    """Where our pages for everybody are. usual: their language where an address says none."""

    url: str
    usual: str

    def at(self, path: str, words: Speech) -> str:
        """The address of one of them, in the language of the mail that leads to it."""
        said = "" if words.language == self.usual else f"{'&' if '?' in path else '?'}lang={words.language}"
        return f"{self.url}{path}{said}"


def entry_view(words: Speech, letter: Letter, entry: Entry, pages: PublicPages | None) -> EntryView:
    """All that a mail says of one study that is the first of its mail. pages: ours about studies, if there are any."""
    zone = zone_of(letter.time_zone)
    tellings = tell(words, entry.study, entry.told, zone, near=entry.near)
    asks = in_season(ask for telling in tellings for ask in telling.asks)
    study = entry.study
    lead = min(entry.told, key=lambda told: _leads(told.change, entry.near)).change.kind
    # The first line: what leads, and what else decides for a reader, so that good news hides no bad.
    first = next((each for each in tellings if lead in each.kinds), tellings[0])
    bad = {Ask.STOPPED, Ask.CANCELLED} & {*first.asks}
    more = [each.also for each in tellings if each.also and each is not first and not bad]
    mixed = len({telling.weight for telling in tellings}) > 1
    weights: list[str] = []
    for telling in tellings:
        label = words.say(_WEIGHTS[telling.weight]) if mixed else ""
        weights.append("" if label in weights else label)
    return EntryView(
        nct_id=study.nct_id,
        title=one_line(study.brief_title or study.official_title or study.nct_id),
        facts=facts(words, study, entry.first_seen, zone),
        followed=followed(words, letter, entry),
        # What the reader wrote for themselves about it, each once.
        notes=tuple(dict.fromkeys(filter(None, (one_line(reason.note) for reason in entry.reasons)))),
        headline=" ".join([first.headline, *([words.say(ALSO, what=words.listing(more))] if more else [])]),
        tellings=tellings,
        weights=tuple(weights),
        sections=sections(words, asks, entry.ending, study),
        contacts=_contacts(words, entry, asks) if asks else (),
        marked=any(
            run.mark is not Mark.PLAIN for each in tellings for line in each.lines for run in line.runs
        ),
        page_url=pages.at(f"/studies/{study.nct_id}", words) if pages else None,
        registry_url=REGISTRY_PAGE + study.nct_id,
        is_found=all(told.change.kind in FOUND for told in entry.told),
        is_new=all(told.change.kind is Kind.NEW_STUDY for told in entry.told),
    )


def following(view: EntryView) -> EntryView:
    """The same where it is not the first of its mail: what is important is marked so in the first one alone."""
    each = zip(view.tellings, view.weights, strict=True)
    weights = tuple("" if telling.weight is Weight.IMPORTANT else label for telling, label in each)
    return view if weights == view.weights else replace(view, weights=weights)


def headline(words: Speech, views: Sequence[EntryView]) -> str:
    """The first line that anybody sees: the substance, without a disease, a drug or a title (P18)."""
    if len(views) == 1:
        return views[0].headline
    if all(view.is_found for view in views):
        return words.count(
            "%(number)s study is listed under topics you follow.",
            "%(number)s studies are listed under topics you follow.",
            len(views),
        )
    return f"{views[0].headline} " + words.count(
        "This mail tells of %(number)s study.", "This mail tells of %(number)s studies.", len(views)
    )


def reason_view(
    words: Speech, letter: Letter, reason: Reason, stop_url: Callable[[Reason], str]
) -> ReasonView:
    """One reason, with when they asked and how often we write."""
    day = words.day(reason.asked_at.astimezone(zone_of(letter.time_zone)))
    asked = (
        words.say(
            "You asked on %(date)s to hear when the study %(nct_id)s changes.", date=day, nct_id=reason.label
        )
        if reason.topic is Topic.STUDY
        else words.say(
            "You asked on %(date)s to hear of new studies under the topic: %(condition)s.",
            date=day,
            condition=one_line(reason.label),
        )
    )
    every = _EVERY.get(reason.every)
    several = len(letter.reasons) > 1
    return ReasonView(
        text=f"{asked} {words.say(every)}" if every else asked,
        stop_text=words.say("Stop only this: %(topic)s", topic=one_line(reason.label)),
        stop_url=stop_url(reason) if several else None,
    )


def ask_view(words: Speech, entry: Entry, stop_url: Callable[[Sequence[Reason]], str]) -> AskView:
    """Whether to go on with a study. The link leads to a page with a button, as every other that stops something."""
    study = entry.study.nct_id
    return AskView(
        words.say("Keep watching %(nct_id)s: you need not do anything.", nct_id=study),
        words.say("Stop watching %(nct_id)s", nct_id=study),
        stop_url([reason for reason in entry.reasons if reason.topic is Topic.STUDY]),
    )


def agreement_view(words: Speech, letter: Letter, agreement: Agreement) -> AgreementView:
    """What they agreed to, and on which day of theirs."""
    day = words.day(agreement.given_at.astimezone(zone_of(letter.time_zone)))
    return AgreementView(words.say("On %(date)s you agreed to this:", date=day), paragraphs(agreement.words))


def wrong_mail(words: Speech, letter: Letter, correction: Correction) -> str:
    """That we were wrong, and in which mail."""
    if correction.mailed_at is None:
        return words.say("We told you something wrong in an earlier mail.")
    day = words.day(correction.mailed_at.astimezone(zone_of(letter.time_zone)))
    return words.say("We told you something wrong in our mail of %(date)s.", date=day)


def paragraphs(text: str) -> tuple[str, ...]:
    """Somebody's free text, made harmless, a paragraph an item."""
    return tuple(filter(None, (one_line(line) for line in shown(text).splitlines())))


def facts(words: Speech, study: Study, first_seen: datetime, zone: tzinfo) -> str:
    """'NCT07426250 · first seen 27 June 2026 · last updated 12 January 2027'."""
    said = [study.nct_id, words.say("first seen %(date)s", date=words.day(first_seen.astimezone(zone)))]
    if study.last_update_post_date:
        said.append(words.say("last updated %(date)s", date=words.date(study.last_update_post_date)))
    return " · ".join(said)


def followed(words: Speech, letter: Letter, entry: Entry) -> str:
    """Through what they hear of it, where that is not the study alone and the mail has several reasons."""
    if len(letter.reasons) == 1 or all(reason.topic is Topic.STUDY for reason in entry.reasons):
        return ""
    topics = [one_line(reason.label) for reason in entry.reasons]
    return words.say("You follow: %(topics)s", topics=words.listing(topics))


def _contacts(words: Speech, entry: Entry, asks: Sequence[str]) -> tuple[Line, ...]:
    """The study's own contacts, as the record lists them; that there are none, where we say that one can ask them."""
    people = entry.study.central_contacts[:MOST_CONTACTS]
    said = [registry_words.reach(one.name, one.phone, one.phone_ext, one.email) for one in people]
    found = tuple(theirs(words.say("Contact for the study"), one) for one in said if one)
    if found or ASK_THE_TEAM.isdisjoint(asks):
        return found
    none = words.say("The record names no contact for the whole study.")
    if begun(entry.study, asks) and {Ask.JOIN, Ask.PLACES}.isdisjoint(asks):
        none = words.say(
            "The record names no contact for the whole study. If you take part, ask those who treat you."
        )
    sponsor = entry.study.lead_sponsor
    runs = [theirs(words.say("Run by"), one_line(sponsor.name))] if sponsor and sponsor.name else []
    return (ours("", none), *runs)


MOST_STORIES = 25
MOST_OPEN, FEW_OPEN = 10, 3  # studies under one condition; few where there are many conditions
MANY_CONDITIONS = 3


@dataclass(frozen=True, slots=True)
class StoryView:
    """One study or topic in a welcome. is_theirs: its title is in the person's own words, not the registry's."""

    title: str
    is_theirs: bool
    facts: str
    lines: tuple[Line, ...]
    quotes: tuple[Quote, ...]
    expect: str
    past: tuple[str, ...]
    notes: tuple[str, ...]
    nct_id: str | None
    page_url: str | None
    registry_url: str | None
    open_lead: str = ""
    open_now: tuple[tuple[OpenStudy, str], ...] = ()  # each with the address of its page
    search_url: str | None = None


def story_view(
    words: Speech, letter: Letter, one: Story, pages: PublicPages | None, most_open: int = MOST_OPEN
) -> StoryView:
    """All that a welcome says of one of them. pages: ours about studies, if there are any."""
    zone, study, label = zone_of(letter.time_zone), one.study, one_line(one.reason.label)
    quotes, notes = story.why_stopped(words, study) if study else ((), ())
    # What time made of the record before, which is no news to them and of use.
    made = [each for each in calendar.due(study) if each.day <= letter.dated.date()] if study else []
    if study and made:
        told = [Told(each.change, letter.dated) for each in made]
        notes = (*notes, *(telling.means for telling in tell(words, study, told, zone)))
    nct_id = label if one.is_of_study else None
    return StoryView(
        title=one_line((study and (study.brief_title or study.official_title)) or label),
        is_theirs=not one.is_of_study,
        facts=facts(words, study, one.first_seen, zone) if study and one.first_seen else "",
        lines=story.stands(words, study) if study else (),
        quotes=quotes,
        expect=story.to_expect(words, one, zone),
        past=story.past(words, one, zone),
        notes=notes,
        nct_id=nct_id,
        page_url=pages.at(f"/studies/{nct_id}", words) if pages and nct_id else None,
        registry_url=REGISTRY_PAGE + nct_id if nct_id else None,
        open_lead=story.open_now(words, one),
        open_now=tuple(
            (each, pages.at(f"/studies/{each.nct_id}", words) if pages else REGISTRY_PAGE + each.nct_id)
            for each in (one.open_now.studies[:most_open] if one.open_now else ())
        ),
        search_url=pages.at(one.search, words) if pages and one.search else None,
    )


def left_out(words: Speech, number: int) -> str:
    """That there is more than one mail can hold; empty where there is not."""
    if not number:
        return ""
    return words.count("And %(number)s more that you follow.", "And %(number)s more that you follow.", number)


def said_of(views: Sequence[StoryView]) -> list[str]:
    """What a welcome may say though no record says it: our links."""
    found = [text for view in views for text in (view.page_url, view.registry_url, view.search_url)]
    found += [address for view in views for _, address in view.open_now]
    return [text for text in found if text]


#: What one mail holds at most; the rest goes into the next.
MOST_ENTRIES = 25
MOST_HTML = 60_000  # bytes; Gmail clips a mail at about 102 kB and hides its foot
#: How a single study that is too long is cut, gently first: lines a change, characters a line.
_CUTS = ((60, 4_000), (25, 1_000), (10, 400), (4, 200))
#: How often a single study can be cut.
CUTS = len(_CUTS)


def fewer(entries: int, size: int) -> int:
    """How many entries are likely to fit, at least one less than did not."""
    return max(1, min(entries - 1, entries * MOST_HTML // size))


def shorter(words: Speech, view: EntryView) -> Iterator[EntryView]:
    """The same study in ever fewer words; each cut is said, and the full record is linked in every mail."""
    for lines, characters in _CUTS:
        tellings = tuple(_shortened(words, telling, lines, characters) for telling in view.tellings)
        yield replace(view, tellings=tellings)


def _shortened(words: Speech, telling: Telling, lines: int, characters: int) -> Telling:
    kept: list[Line] = []
    for line in telling.lines[:lines]:
        left, runs = characters, []
        for run in line.runs:
            if left > 0:
                runs.append(run if run.link else replace(run, text=_cut(run.text, left)))
                left -= len(run.text)
        kept.append(Line(line.label, tuple(runs)))
    hidden = len(telling.lines) - len(kept)
    quotes = tuple(
        Quote(quote.lead, tuple(_cut(text, characters) for text in quote.words)) for quote in telling.quotes
    )
    notes, derived = telling.notes, telling.derived
    if hidden or tuple(kept) != telling.lines[:lines] or quotes != telling.quotes:
        notes = (words.say("This is too long for a mail. The full record has it all."), *notes)
    if hidden:
        notes = (words.count("And %(number)s more line.", "And %(number)s more lines.", hidden), *notes)
        derived = (*derived, words.number(hidden))
    return replace(telling, lines=tuple(kept), quotes=quotes, notes=notes, derived=derived)


def _cut(text: str, characters: int) -> str:
    """At a word, with an ellipsis; a word that is longer is left out, since a part of it stands nowhere."""
    if len(text) <= characters:
        return text
    return (text[:characters].rpartition(" ")[0] + " …").lstrip()
