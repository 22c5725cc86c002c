"""A sentence of a catalogue as it may be said, so that it can be measured as it is read (`notifier.plain.measure`)."""

import re

_BELONGS = re.compile(r"%\((\w+)\)s")
#: What stands in a sentence at most, for a sentence is as long as it is when it is said.
_FILLED = {
    "source": "According to ClinicalTrials.gov (March 12 2027),", "date": "March 12 2027", "dates": "March 12 2027",
    "since": "March 12 2027", "until": "March 12 2027", "checked": "12", "title": "NCT", "number": "12", "all": "18",
    "before": "12", "now": "3", "places": "some places", "list": "groups of participants", "code": "710", "km": "40",
    "half": "2.5", "people": "12 people", "what": "Main measure", "low": "1", "high": "2", "range": "1 to 2",
    "affected": "3", "span": "12 months", "condition": "lung cancer", "nct_id": "NCT", "topic": "NCT", "topics": "NCT",
    "towns": "Oslo, Bergen", "group": "people who get a placebo, which has no active substance",
}  # fmt: skip


def filled(message: str) -> str:
    """A sentence of a catalogue as it may be said."""
    return _BELONGS.sub(lambda match: _FILLED[match[1]], message)
