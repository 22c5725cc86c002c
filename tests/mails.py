"""The mails that people typically get, as letters: invented studies, real detection. Shared by the tests of words and looks."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise
from json import dumps, loads
from pathlib import Path

from notifier.domain.changes import Change, Kind, Weight, detect
from notifier.domain.letter import (
    Agreement,
    Correction,
    Ending,
    Entry,
    Letter,
    LetterKind,
    OpenNow,
    OpenStudy,
    Past,
    Reason,
    Silence,
    Story,
    Told,
    Topic,
)
from notifier.domain.study import decode
from notifier.mail.render.mime import NamedAddress
from notifier.mail.render.renderer import Renderer

ROOT = Path(__file__).parent.parent
NCT = "NCT97426250"
SEEN = datetime(2027, 1, 13, 14, 30, tzinfo=UTC)
FIRST_SEEN = datetime(2026, 6, 27, 8, tzinfo=UTC)
ASKED = datetime(2026, 7, 3, 9, tzinfo=UTC)
_MADE_UP = loads((ROOT / "tests/data/mailed.json").read_text(encoding="utf-8"))
_OF_PLACES = _MADE_UP["record"]["protocolSection"]["contactsLocationsModule"]
PLACES, (CONTACT,) = _OF_PLACES["locations"], _OF_PLACES["centralContacts"]
POSTED = _MADE_UP["posted"]
(MEASURE,) = POSTED["outcomeMeasuresModule"]["outcomeMeasures"]
GROUPS = MEASURE["groups"]
CRITERIA = _MADE_UP["record"]["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]


def record(nct_id=NCT, **changes):
    """A study in the registry's format; keywords replace what stands at a key, wherever it stands."""
    study = deepcopy(_MADE_UP["record"])
    study["protocolSection"]["identificationModule"]["nctId"] = nct_id
    for key, value in changes.items():
        _put(study, key, value)
    return deepcopy(study)


def _put(study, key, value):
    if key == "hasResults":
        study[key] = value
        return
    modules = study["protocolSection"].values()
    home = next((module for module in modules if key in module), study["protocolSection"]["statusModule"])
    home[key] = value


def reason(number=1, label=NCT, every="immediate", topic=Topic.STUDY):
    return Reason(number, topic, label, ASKED, every)


def told(changes, study, *, condition=None, earlier=()):
    return tuple(
        Told(change, SEEN, condition, tuple(earlier), posted_with(study, change)) for change in changes
    )


def posted_with(study, change):
    return study.study_first_post_date if change.kind is Kind.NEW_STUDY else study.last_update_post_date


def entry(before, after, *, reasons=None, earlier=()):
    """What a mail says of a study that went from one record to the other."""
    study = decode(dumps(after).encode())
    changes = detect(before, after).news
    return Entry(
        study, FIRST_SEEN, told(changes, study, earlier=earlier), reasons or (reason(label=study.nct_id),)
    )


def letter(*entries, language="en", reasons=None, kind=LetterKind.UPDATE):
    every = dict.fromkeys(each for one in entries for each in one.reasons)
    return Letter(
        message_id=7,
        subscriber_id=1,
        kind=kind,
        recipient="reader@example.org",
        language=language,
        time_zone="Europe/Copenhagen",
        rfc_message_id="<7.abc@lists.example.org>",
        dated=SEEN + timedelta(minutes=5),
        reasons=reasons or tuple(every),
        entries=entries,
    )


def renderer(templates=ROOT / "templates", **settings):
    """As bootstrap makes it; a token shows which subscriptions it is for."""
    return Renderer(
        templates,
        **{
            "sender": NamedAddress("Study updates", "updates@example.org"),
            "sign": lambda purpose, ids, _now: f"{purpose[0]}-{'-'.join(map(str, ids))}-token",
            "public_url": "https://example.org",
            "list_domain": "lists.example.org",
            "organisation": "Example Patients' Association",
            "postal_address": "1 Example Street, 8000 Aarhus C, Denmark",
        }
        | settings,
    )


def one(kind, before=None, after=None, path="protocolSection.someModule.someField", weight=Weight.NOTABLE):
    """A mail about one change, as it comes from the store."""
    study = decode(dumps(record()).encode())
    change = Change(kind, weight, path, before, after)
    condition = "oligometastatic cancer" if kind in {Kind.NEW_STUDY, Kind.NOW_LISTED} else None
    return Entry(study, FIRST_SEEN, told([change], study, condition=condition), (reason(),))


# The typical mails


def opens(language="en"):
    return letter(entry(record(), record(overallStatus="RECRUITING")), language=language)


def with_a_note():
    """By a study of their own and by a topic, of which the first has a note."""
    mine = replace(reason(), note="Ask Dr Berg about <b>travel</b> & cost;\r\n2 trains")
    reasons = (mine, reason(4, "cancer", topic=Topic.CONDITION))
    return letter(entry(record(), record(overallStatus="RECRUITING"), reasons=reasons))


def stops_early(language="en"):
    after = record(overallStatus="TERMINATED", whyStopped="Slow accrual; 12 of 500 people after 2 years.")
    return letter(entry(record(overallStatus="RECRUITING"), after), language=language)


def place_opens_and_closes():
    new = {"facility": "Rigshospitalet", "city": "Copenhagen", "country": "Denmark", "status": "RECRUITING"}
    german = [
        {"facility": f"Klinikum {city}", "city": city, "country": "Germany", "status": "RECRUITING"}
        for city in ("Kiel", "Bremen", "Ulm", "Jena", "Bonn")
    ]
    before = record(overallStatus="RECRUITING")
    return letter(
        entry(
            before, record(overallStatus="RECRUITING", locations=[PLACES[0], new | {"contacts": [CONTACT]}])
        ),
        entry(
            record("NCT97426251", overallStatus="RECRUITING", briefTitle="Walking After Surgery"),
            record(
                "NCT97426251",
                overallStatus="RECRUITING",
                briefTitle="Walking After Surgery",
                locations=PLACES + german,
            ),
            reasons=(reason(2, "NCT97426251"),),
        ),
    )


def end_moves():
    path = "protocolSection.statusModule.primaryCompletionDateStruct"
    steps = ["2028-01", "2028-03", "2028-06"]
    earlier = [
        Change(
            Kind.PRIMARY_COMPLETION_DATE,
            Weight.NOTABLE,
            path,
            {"date": old, "type": "ESTIMATED"},
            {"date": new, "type": "ESTIMATED"},
        )
        for old, new in pairwise(steps)
    ]
    after = record(primaryCompletionDateStruct={"date": "2029-03", "type": "ESTIMATED"})
    return letter(entry(record(), after, earlier=earlier))


def who_can_join(language="en"):
    criteria = CRITERIA.replace("* No prior immunotherapy\n", "").replace("18 years", "18 to 75 years")
    criteria += "\n* Immunotherapy in the last 6 months"
    after = record(eligibilityCriteria=criteria, maximumAge="75 Years")
    after["protocolSection"]["eligibilityModule"]["maximumAge"] = "75 Years"
    after["protocolSection"]["statusModule"].pop("maximumAge", None)
    return letter(entry(record(), after), language=language)


def _newcomer(kind, first_posted, language="en"):
    study = decode(dumps(record(studyFirstPostDateStruct={"date": first_posted, "type": "ACTUAL"})).encode())
    why = (reason(4, "oligometastatic cancer", "weekly", Topic.CONDITION),)
    change = Change(kind, Weight.NOTABLE, "")
    asks = {"en": "Can a blood test find the cancer early?", "da": "Kan en blodprøve finde kræften tidligt?"}
    found = told([change], study, condition="oligometastatic cancer")
    asked = tuple(replace(one, question=asks[language]) for one in found)
    return letter(Entry(study, SEEN, asked, why), language=language)


def new_study(language="en"):
    return _newcomer(Kind.NEW_STUDY, "2027-01-12", language)


def now_listed():
    return _newcomer(Kind.NOW_LISTED, "2024-05-02")


def unknown():
    before = record(
        overallStatus="RECRUITING", lastUpdatePostDateStruct={"date": "2024-12-20", "type": "ACTUAL"}
    )
    after = record(
        overallStatus="UNKNOWN",
        lastKnownStatus="RECRUITING",
        lastUpdatePostDateStruct={"date": "2024-12-20", "type": "ACTUAL"},
    )
    return letter(entry(before, after))


def results_posted():
    return letter(
        entry(
            record(overallStatus="COMPLETED"),
            record(overallStatus="COMPLETED", hasResults=True) | {"resultsSection": POSTED},
        )
    )


def several_weekly():
    """Three studies; two subscriptions hit the first one."""
    by_study, by_condition = reason(1, NCT, "weekly"), reason(4, "cancer", "weekly", Topic.CONDITION)
    walking = {"nct_id": "NCT97426251", "briefTitle": "Walking After Surgery"}
    tea = {"nct_id": "NCT97426252", "briefTitle": "Camomile Tea Before Sleep"}
    return letter(
        entry(
            record(**walking),
            record(**walking, enrollmentInfo={"count": 1200, "type": "ESTIMATED"}),
            reasons=(reason(2, "NCT97426251", "weekly"),),
        ),
        entry(record(), record(overallStatus="RECRUITING"), reasons=(by_study, by_condition)),
        entry(
            record(**tea, overallStatus="RECRUITING"),
            record(**tea, overallStatus="COMPLETED"),
            reasons=(reason(3, "NCT97426252", "weekly"),),
        ),
    )


def confirmation(language="en"):
    return letter(reasons=(reason(),), kind=LetterKind.CONFIRMATION, language=language)


def preferences(language="en"):
    return replace(letter(kind=LetterKind.PREFERENCES, language=language), link=(12, 3))


def contacts(language="en"):
    return replace(letter(kind=LetterKind.CONTACTS, language=language), link=(7,))


AGREED = Agreement("I agree that my e-mail address is kept.\nI can stop at any time.", ASKED)


OPEN = OpenNow(
    date(2027, 1, 12),
    (
        OpenStudy(
            "NCT97426252",
            "Radiotherapy for cancer in few places",
            "Does it help?",
            "Looking for people now.",
            "",
        ),
    ),
)


def welcome(language="en"):
    """A study that has changed before, one that we have not seen yet, and a topic."""
    of_study, unseen = reason(1), reason(2, "NCT97426251")
    topic = reason(4, "oligometastatic cancer", "weekly", Topic.CONDITION)
    waiting, open_, over = (record(), record(overallStatus="RECRUITING"), stopped())
    past = (past_of(open_, over), past_of(waiting, open_))
    stories = (
        Story(of_study, past[0].study, FIRST_SEEN, FIRST_SEEN, updates=2, past=past),
        Story(unseen),
        Story(topic, a_month=6, open_now=OPEN, search="/search?q=oligometastatic+cancer&open=1"),
    )
    made = letter(reasons=(of_study, unseen, topic), kind=LetterKind.WELCOME, language=language)
    return replace(made, stories=stories, agreements=(AGREED,))


def stopped():
    why = "Slow accrual; 12 of 500 people after 2 years."
    return record(
        overallStatus="TERMINATED",
        whyStopped=why,
        enrollmentInfo={"count": 12, "type": "ACTUAL"},
        lastUpdatePostDateStruct={"date": "2027-01-12", "type": "ACTUAL"},
    )


def past_of(before, after):
    """What a study's update changed before anybody followed it."""
    one = entry(before, after)
    return Past(one.study, one.told)


def correction(language="en"):
    wrong = stops_early(language)
    text = "The study goes on. The status “Terminated” was a slip in our program on 12 January 2027.\n\nNothing else was wrong."
    return replace(
        wrong,
        kind=LetterKind.CORRECTION,
        correction=Correction(text, wrong.dated),
        dated=wrong.dated + timedelta(hours=3),
    )


def still_watching(language="en", **changes):
    silence = Silence(
        since=date(2027, 1, 12),
        until=date(2027, 3, 13),
        days=60,
        checked=58,
        blind=(date(2027, 2, 4), date(2027, 2, 5)),
        last_checked=datetime(2027, 3, 13, 9, tzinfo=UTC),
        studies=2,
        conditions=1,
    )
    reasons = (reason(1), reason(2, "NCT97426251"), reason(4, "cancer", "weekly", Topic.CONDITION))
    quiet = letter(reasons=reasons, kind=LetterKind.STILL_WATCHING, language=language)
    return replace(quiet, silence=replace(silence, **changes), dated=datetime(2027, 3, 13, 10, tzinfo=UTC))


def last_mail():
    made = results_posted()
    return replace(made, entries=(replace(made.entries[0], ending=Ending.COMPLETED_WITH_RESULTS),))


def many(number, **changes):
    """A mail about so many studies, each of which opens."""
    pairs = ((f"NCT{97_500_000 + i}", i) for i in range(number))
    return letter(
        *(
            entry(
                record(nct_id, **changes),
                record(nct_id, overallStatus="RECRUITING", **changes),
                reasons=(reason(),),
            )
            for nct_id, i in pairs
        )
    )


_EACH = (
    *(opens, stops_early, place_opens_and_closes, end_moves, who_can_join, new_study, now_listed, unknown, results_posted),
    *(several_weekly, last_mail, still_watching, confirmation, with_a_note, preferences, contacts, welcome, correction),
)  # fmt: skip
_TRANSLATED = {
    "da": (opens, new_study, preferences, welcome, correction),
    "de": (stops_early, who_can_join, confirmation, contacts, welcome, correction),
}
TYPICAL = {make.__name__: make for make in _EACH} | {
    f"{make.__name__}_{language}": partial(make, language)
    for language, those in _TRANSLATED.items()
    for make in those
}


def named(*kinds):
    """The names of the typical mails of these kinds."""
    return [name for name, make in TYPICAL.items() if make().kind in kinds]


#: Mails that speak for subscriptions, and so can be stopped.
LISTED = named(*(kind for kind in LetterKind if not kind.manner.asked_for))
UPDATES = named(LetterKind.UPDATE)


class Rendered(dict):
    """The typical mails, by name; each is rendered when it is first asked for."""

    def __init__(self, renderer):
        self._renderer = renderer

    def __missing__(self, name):
        self[name] = self._renderer.render(TYPICAL[name]())
        return self[name]
