"""The registry's codes and small structures as the registry's own site writes them, in English and never ours to change; and
what a recruitment status means in plain words of ours, after the registry's own definitions and never more than they say.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from notifier.domain.changes import study_move
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.sentences import Sentence, labels, sentences
from notifier.domain.wording.shapes import Line, Quote, Run, ours
from notifier.domain.wording.speech import Speech, one_line

_PUBLISHED = re.compile(r"\d{4}-\d{2}(?:-\d{2})?")
#: What some write where an extension belongs.
_COUNTRY_CODE = re.compile(r"\+\d{1,3}")
#: What some write where a contact's name belongs: a sentence that asks for something.
_NOTE = re.compile(r"(?i)\b(?:must|please|recommended|questions?|reference study|number)\b|\bfirst line\b")
#: And what stands for a name there.
_NOBODY = re.compile(r"(?i)(?:site|study|clinical trials?) (?:public )?contacts?")
_FILE = re.compile(r"[\w.-]{1,200}", re.ASCII)
SHORTEST_NOTE = 3  # words
LONGEST_NOTE = 400  # characters that are looked at
_LABELS = {
    "ACTIVE_NOT_RECRUITING": "Active, not recruiting", "NA": "Not applicable", "EARLY_PHASE1": "Early phase 1",
    "PHASE1": "Phase 1", "PHASE2": "Phase 2", "PHASE3": "Phase 3", "PHASE4": "Phase 4", "NIH": "NIH", "FED": "U.S. federal",
}  # fmt: skip
#: The words that stand for codes and are not the codes themselves.
LABELS = tuple(_LABELS.values())
#: Where the registry writes codes; everywhere else capitals are somebody's own ("FDA", "AZD2936") and stay.
_CODED = frozenset({
    "allocation", "class", "dispFirstPostDateStruct", "infoTypes", "interventionModel", "ipdSharing",
    "lastKnownStatus", "masking", "observationalModel", "overallStatus", "phases", "primaryPurpose", "role",
    "samplingMethod", "sex", "status", "stdAges", "studyType", "timePerspective", "type", "whoMasked",
})  # fmt: skip
#: What stands first in an entry of a list, by what the registry calls it; the rest follows, parted by commas.
_NAMES = ("name", "label", "measure", "title", "facility", "citation", "type", "id")
#: Keys of an entry that tell a reader nothing.
UNSAID = frozenset({
    "class", "geoPoint", "pmid", "uploadDate", "size", "filename", "hasProtocol", "hasSap", "hasIcf",
})  # fmt: skip


def label(code: str) -> str:
    """A code in words: 'NOT_YET_RECRUITING' is 'Not yet recruiting'."""
    return _LABELS.get(code) or one_line(code).replace("_", " ").capitalize()


def value(speech: Speech, anything: Any, key: str = "") -> str:
    """What stands at a key of a record, in one line; empty for nothing. Dates are said in the reader's way."""
    if anything is None or anything == "":
        return ""
    if isinstance(anything, bool):
        return f"{field(key)}: {speech.say('Yes') if anything else speech.say('No')}"
    if isinstance(anything, Mapping):
        return ", ".join(filter(None, (value(speech, part, each) for each, part in _parts(anything))))
    if isinstance(anything, (list, tuple)):
        return "; ".join(filter(None, (value(speech, part, key) for part in anything)))
    text = one_line(str(anything))
    if _PUBLISHED.fullmatch(text):
        return speech.date(text)
    return label(text) if key in _CODED and text.isupper() else text


@lru_cache(maxsize=4096)
def field(path: str) -> str:
    """The last step of a path in words: 'designModule.bioSpec' is 'Bio spec'."""
    last = path.rpartition(".")[2].removesuffix("Struct").removesuffix("Module").removesuffix("List")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", last).split()
    return " ".join(words).capitalize()


def person(contact: Mapping[str, Any]) -> str:
    """Name, telephone and e-mail of a contact, as far as the record has them."""
    return reach(
        *(as_text(contact.get(key)) for key in ("name", "phone", "phoneExt", "email", "affiliation"))
    )


def as_text(anything: Any) -> str:
    """What stands where the registry writes text or a number; a record may hold anything there."""
    if isinstance(anything, str):
        return one_line(anything)
    stands = isinstance(anything, (int, float)) and not isinstance(anything, bool)
    return one_line(str(anything)) if stands else ""


def reach(
    name: str | None,
    phone: str | None,
    extension: str | None,
    email: str | None,
    affiliation: str | None = None,
) -> str:
    """'Ada Example, 555-0100 ext. 12, ada@example.org'; what is no name but a note stands last, between quotes."""
    number = telephone(phone, extension)
    note = is_note(name) and bool(number or email)
    nobody = note or (bool(number or email) and _NOBODY.fullmatch((name or "").strip()))
    parts = (None if nobody else name, number, email, affiliation)
    said = ", ".join(one_line(str(part)) for part in parts if part)
    return f"{said} (“{one_line(name or '')}”)" if note else said


def telephone(phone: str | None, extension: str | None) -> str:
    """'555-0100 ext. 12'; a country code that stands as an extension leads the number, and a bracket is closed."""
    if phone and phone.count("(") > phone.count(")"):
        phone += ")"
    if phone and extension and _COUNTRY_CODE.fullmatch(extension.strip()):
        return f"{extension.strip()} {phone}"
    return f"{phone} ext. {extension}" if phone and extension else phone or ""


def is_note(name: str | None) -> bool:
    """Whether what stands as a contact's name asks for something, and names nobody."""
    words = one_line((name or "")[:LONGEST_NOTE])
    return len(words.split()) > SHORTEST_NOTE and _NOTE.search(words) is not None


def address(nct_id: str, entry: Mapping[str, Any]) -> str:
    """Where a paper, a document of the study or a linked page stands; empty where that is not known."""
    pmid, file = as_text(entry.get("pmid")), as_text(entry.get("filename"))
    if pmid.isdigit():
        return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"
    if _FILE.fullmatch(file):
        return f"https://cdn.clinicaltrials.gov/large-docs/{nct_id[-2:]}/{nct_id}/{file}"
    return as_text(entry.get("url"))


def name(entry: Mapping[str, Any]) -> str:
    """What an entry of a list is called; empty where it has no name."""
    return next(filter(None, (as_text(entry.get(key)) for key in _NAMES[:-2])), "")


def entry(speech: Speech, anything: Any) -> str:
    """An entry of a list: 'Arm B: tea at noon (Type: No intervention; Time frame: 12 weeks)'."""
    called = name(anything) if isinstance(anything, Mapping) else ""
    if not called:
        return value(speech, anything)
    parts = [(key, part) for key, part in _parts(anything) if key == "type" or not is_text(key)]
    more = [f"{field(key)}: {said}" for key, part in parts if (said := value(speech, part, key))]
    text = as_text(anything.get("description"))
    head = f"{called}: {text}" if text and text != called else called
    return f"{head} ({'; '.join(more)})" if more else head


def is_text(key: str) -> bool:
    """Whether a key of an entry holds its name or its description, which need no heading of their own."""
    return key in _NAMES or key in {"description", "fullName", "url", "term"}


def _parts(entry: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((key, entry[key]) for key in _NAMES if key in entry)
    for key, part in entry.items():
        if key not in _NAMES and key not in UNSAID:
            yield key, part


#: What each move of the status means; the moves stand in `notifier.domain.changes.statuses`.
MOVES = sentences("statuses.tsv")
#: Each status as in a list.
STATUSES = labels("status")

SHORTEST_REASON = 2  # words that hardly explain anything
#: After these the study team says why, or does not.
STOPPED = frozenset({"SUSPENDED", "TERMINATED", "WITHDRAWN"})


#: After silence: how long it lasted at least, by the registry's own rule.
WAS_UNKNOWN = n_(
    "Before, its status was not known: the study team had not confirmed it for about two years or longer."
)


def said_of(before: object, after: object) -> Sentence:
    """The words for a move of the status; neutral ones for a code that we have never seen."""
    return MOVES[study_move(before, after).said]


def status_line(speech: Speech, code: str) -> Line:
    """'Status: Recruiting (is listed as looking for participants)'; in another language our words alone."""
    meaning = speech.say(STATUSES[code]) if code in STATUSES else ""
    if meaning and speech.language != "en":
        return ours(speech.say("Status"), meaning)
    registry = Run(label(code), registry=True)
    return Line(speech.say("Status"), (registry, Run(f" ({meaning})")) if meaning else (registry,))


def reason(speech: Speech, why: object) -> tuple[tuple[Quote, ...], tuple[str, ...]]:
    """The reason for stopping, whole, or the sentence that there is none (W6)."""
    if words := one_line(str(why or "")):
        short = len(words.split()) <= SHORTEST_REASON
        notes = (speech.say("The record says no more about the reason."),) if short else ()
        if "FDA" in words.split():
            notes = (speech.say("The FDA decides on drugs in the United States."), *notes)
        return (Quote(speech.say("On the reason, the study team wrote:"), (words,)),), notes
    return (), (speech.say("No reason was given."),)
