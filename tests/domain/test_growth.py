"""What looks at foreign text takes time that grows with the text, and not with its square.

Measured as a ratio: of a text that is four times as long the square takes sixteen times as long, and a line four times. CPU
time of this thread, the best of a few, so that a busy machine changes nothing.
"""

import gc
import json
import time

import mails
import pytest

from notifier.domain.changes import Kind, criteria_difference, detect, fingerprint, form, lists, pairing
from notifier.domain.changes.criteria import headings
from notifier.domain.changes.pairing import Effort, share, steps
from notifier.domain.study import decode, folded
from notifier.domain.summaries import importing
from notifier.domain.wording import one_line, shown, speech, tell, texts, vocabulary
from notifier.domain.wording.shapes import linked
from notifier.mail.render.environment import wrapped
from notifier.mail.render.fidelity import strangers
from notifier.mail.render.mime import clean_header_text, quoted_printable
from notifier.web.leaflets import who
from notifier.web.masking import Mask

pytestmark = pytest.mark.unmeasured  # which takes time where there are many lines
SMALL, TIMES, MOST = 4_000, 4, 10.0
#: Shorter times are noise.
LEAST = 0.004  # seconds
EN = speech("en")
#: Each is repeated until it is as long as it takes.
PATTERNS = {
    "one": "a", "words": "a ", "two": "ab", "two words": "a b ", "brackets": "((", "pairs": "()", "square": "[", "dots": ".",
    "blank lines": "\n", "blanks": " ", "tabs": "\t \t", "stars": "*", "bold": "** **a", "bullets": "\n - ",
    "numbered": "i. ", "ands": "&", "entities": "&amp;lt;", "backslashes": "\\", "escapes": "\\>", "digits": "1",
    "points": "1.", "dates": "2027-01-", "in words": "1 May 2027 ", "addresses": "a@a.", "at": "a@", "tags": "< ",
    "open": "<a ", "headings": "inclusion (", "capitals": "Ab ", "numbers": "+45 555", "accents": "e\u0301",
    "sites": "research site ", "hidden": "\u200b",
}  # fmt: skip


def as_long(pattern, length):
    return (pattern * (length // len(pattern) + 1))[:length]


def edited(text):
    """The same text, edited at both ends and in the middle, so that nothing is told apart at a glance."""
    half = len(text) // 2
    return f"x{text[:half]} y {text[half:]}z"


def took(work, text, enough=LEAST):
    """CPU seconds, the best of two where the first is not short enough; the collector would count what other tests left."""
    best = float("inf")
    gc.disable()
    for _ in range(2):
        started = time.thread_time()
        work(text)
        best = min(best, time.thread_time() - started)
        if best <= enough:
            break
    gc.enable()
    return max(best, LEAST)


def growth(work, small, large):
    """How many times as long the large one takes; one that seems slow is measured again before it is believed."""
    for _ in range(3):
        long = took(work, large, MOST * LEAST)
        # Most large ones are so quick that no small one could take too little.
        if (ratio := long / (LEAST if long <= MOST * LEAST else took(work, small))) <= MOST:
            break
    return ratio


def tell_of(kind, path):
    def work(text):
        entry = mails.one(kind, text, edited(text), path=path)
        tell(EN, entry.study, entry.told, mails.SEEN.tzinfo)

    return work


def gate(text):
    before, after = (
        mails.record(overallStatus="RECRUITING"),
        mails.record(overallStatus="TERMINATED", whyStopped=text),
    )
    strangers(f"It says {text} and 7 May 1999.", mails.letter(mails.entry(before, after)), EN, ())


def criteria_of(text):
    who(decode(json.dumps(mails.record(eligibilityCriteria=text)).encode()), Mask(["+45 555 0100"]))


def records(text):
    before, after = mails.record(eligibilityCriteria=text), mails.record(eligibilityCriteria=edited(text))
    before["protocolSection"]["outcomesModule"] = {
        "primaryOutcomes": [{"measure": text, "description": text}]
    }
    after["protocolSection"]["outcomesModule"] = {
        "primaryOutcomes": [{"measure": edited(text), "description": edited(text)}]
    }
    place = before["protocolSection"]["contactsLocationsModule"]["locations"][0]
    place["facility"] = text
    detect(before, after)
    fingerprint(after)


WORKS = {
    "criteria": lambda text: criteria_difference(text, edited(text)),
    "lines of criteria": lambda text: criteria_difference(text.replace(" ", "\n"), edited(text).replace(" ", "\n")),
    "tell criteria": tell_of(Kind.ELIGIBILITY_CRITERIA, "protocolSection.eligibilityModule.eligibilityCriteria"),
    "tell contacts": tell_of(Kind.CONTACTS, "protocolSection.contactsLocationsModule.centralContacts"),
    "tell anything": tell_of(Kind.OTHER, "protocolSection.someModule.someField"),
    "records": records,
    "form": form.text,
    "said": form.said,
    "paper": lambda text: lists._ERRATUM.search(text) or lists._LAY.search(text),
    "linked": lambda text: linked("", "https://example.org/" + text),
    "fold": pairing.fold,
    "folded": folded,
    "same words": lambda text: pairing.same_words(text, edited(text)),
    "common words": lambda text: pairing.common_words(text, edited(text), Effort()),
    "edit": lambda text: pairing.is_edit_of(text, edited(text), Effort()),
    "headings": headings,
    "edits": lambda text: texts.edits(text, edited(text)),
    "shown": shown,
    "one line": one_line,
    "date": EN.date,
    "stock": lambda text: vocabulary.stock([text]).dates_in_words("en"),
    "gate": gate,
    "wrapped": lambda text: wrapped(text, 2, 2),
    "quoted-printable": quoted_printable,
    "header": clean_header_text,
    "mask": lambda text: Mask(["+45 555 0100", text[:40]])(text),
    "who": criteria_of,
    "tags": importing._TAG.search,
}  # fmt: skip


@pytest.fixture(autouse=True)
def little_effort(monkeypatch):
    """The limit of a comparison is met at these sizes too."""
    monkeypatch.setattr(pairing, "MOST_STEPS", 60_000)


@pytest.mark.parametrize("name", WORKS)
def test_time_grows_with_the_text_and_not_with_its_square(name):
    ratios = {
        pattern: growth(WORKS[name], as_long(piece, SMALL), as_long(piece, SMALL * TIMES))
        for pattern, piece in PATTERNS.items()
    }
    slow = {pattern: ratio for pattern, ratio in ratios.items() if ratio > MOST}
    assert slow == {}


def test_many_numbers_of_one_study_are_masked_as_quickly_as_few():
    text = as_long("Call +45 5550 0100 or 555-123 456. ", 20_000)
    few, many = (
        took(Mask([f"+45 5550 {number:05}" for number in range(count)]), text) for count in (10, 10_000)
    )
    assert many / few < MOST


def test_a_list_of_many_alike_entries_is_compared_for_so_long_and_no_longer():
    def lists_of(count):
        def work(text):
            path = "outcomesModule"
            before, after = mails.record(), mails.record()
            before["protocolSection"][path] = {
                "secondaryOutcomes": [{"measure": f"{text}{n}", "description": text} for n in range(count)]
            }
            after["protocolSection"][path] = {
                "secondaryOutcomes": [
                    {"measure": f"{text}x{n}", "description": text + "y"} for n in range(count)
                ]
            }
            detect(before, after)

        return work

    short, long = (took(lists_of(12), as_long("ab", size)) for size in (2_000, 8_000))
    assert long / short < MOST


@pytest.mark.parametrize("ours", ["a" * 3_000, "ab" * 1_500, "abc" * 1_000])
def test_an_alignment_takes_no_more_steps_than_it_may(ours):
    effort = Effort(50_000)
    assert share(ours, edited(ours), effort) == 0.0
    assert effort.left == 0
    found = steps(ours, "x" + ours, Effort(50_000))
    assert ["".join(("x" + ours)[k:m]) for same, _, _, k, m in found if not same]
    assert "".join(ours[i:j] for _, i, j, _, _ in found) == ours


def test_what_is_not_hard_is_laid_side_by_side_as_ever():
    effort = Effort()
    assert steps(["the", "quick", "fox"], ["the", "slow", "fox"], effort) == [
        (True, 0, 1, 0, 1),
        (False, 1, 2, 1, 2),
        (True, 2, 3, 2, 3),
    ]
    assert pairing.MOST_STEPS - effort.left < 50
