"""The rules held against real records: read where the reference folder is present, never copied here.

`figures` gives the table of kinds, weights, noise rules and unnamed paths over all real successive versions.
"""

import gzip
import itertools
import json
from collections import Counter
from copy import deepcopy
from functools import cache
from pathlib import Path

import msgspec
import pytest
from applying import applied
from test_changes_properties import NAMED

from notifier.domain.changes import NOISE, Kind, detect, fingerprint, noise, watched
from notifier.domain.study import decode, decode_header, decode_page

REGISTRY = Path(__file__).parents[3] / "shared" / "registry"
pytestmark = pytest.mark.skipif(
    not REGISTRY.is_dir(), reason="needs the folder of real records, which is not here"
)

#: Real pairs of which the registry moved no date, and what each turns out to be.
SILENT = {
    ("NCT01125800", 0): set(), ("NCT01505608", 0): set(), ("NCT04457778", 0): {Kind.RESULTS_SUBMITTED},
    ("NCT04457778", 1): set(), ("NCT05294952", 0): {Kind.BECAME_UNKNOWN}, ("NCT05537740", 0): set(),
    ("NCT05915702", 0): set(), ("NCT05915728", 0): set(), ("NCT05923112", 0): set(),
    ("NCT06302556", 0): {Kind.BECAME_UNKNOWN}, ("NCT06825494", 0): set(),
}  # fmt: skip


def lines(name):
    with gzip.open(REGISTRY / name) as file:
        return [line.strip() for line in file]


@cache
def pairs():
    return [msgspec.json.decode(line) for line in lines("pairs.jsonl.gz")]


@cache
def steps():
    """Consecutive versions of the studies of the timeline, those of which something moved."""
    versions = {}
    for line in lines("timeline.jsonl.gz"):
        study = msgspec.json.decode(line)["study"]
        versions.setdefault(study["protocolSection"]["identificationModule"]["nctId"], []).append(study)
    return [step for each in versions.values() for step in itertools.pairwise(each)]


def figures(versions):
    """Over pairs of records: what share is news, has only noise, and what was found how often."""
    found = [detect(before, after) for before, after in versions]
    changes = [change for difference in found for change in difference.changes]
    return {
        "pairs": len(found),
        "reported": sum(bool(difference.news) for difference in found),
        "notable_or_more": sum(any(c.weight >= "notable" for c in difference.news) for difference in found),
        "noise_only": sum(not difference.news and bool(difference.noise) for difference in found),
        "kinds": Counter((change.kind.value, change.weight.value) for change in changes),
        "pairs_by_kind": Counter(k for d in found for k in {change.kind.value for change in d.news}),
        "noise": sum((difference.noise for difference in found), Counter()),
        "pairs_by_noise": Counter(rule for difference in found for rule in difference.noise),
        "unnamed_paths": Counter(change.path for change in changes if change.kind is Kind.OTHER),
    }


def real_versions():
    return [(pair["old"], pair["new"]) for pair in pairs()] + steps()


def test_every_real_record_can_be_read():
    for line in lines("studies.jsonl.gz"):
        study = decode(line)
        assert study.raw == line
        assert decode_header(line).nct_id == study.nct_id


@pytest.mark.parametrize(("name", "count"), [("ten_studies.json", 10), ("hundred_studies.json.gz", 100)])
def test_real_pages_can_be_read(name, count):
    body = (REGISTRY / "pages" / name).read_bytes()
    page = decode_page(gzip.decompress(body) if name.endswith(".gz") else body)
    assert len([decode(raw) for raw in page.studies]) == count
    assert page.next_page_token


def test_every_real_difference_is_a_change_or_a_named_noise():
    names = NOISE
    for before, after in real_versions():
        difference = detect(before, after)
        assert difference.changes or difference.noise
        assert set(difference.noise) <= names


def test_real_changes_lead_to_the_new_record():
    for before, after in real_versions():
        changes = detect(before, after).changes
        assert applied(watched(before), changes) == watched(after)
        assert (fingerprint(before) == fingerprint(after)) is (not changes)


def test_every_silent_pair_is_explained():
    silent, seen = [pair for pair in pairs() if pair["kind"] == "silent"], Counter()
    told = {}
    for pair in silent:
        told[pair["nctId"], seen[pair["nctId"]]] = {c.kind for c in detect(pair["old"], pair["new"]).news}
        seen[pair["nctId"]] += 1
    assert told == SILENT


def test_a_day_that_only_turned_tells_nothing():
    for line in lines("studies.jsonl.gz")[::10]:
        before = json.loads(line)
        after = deepcopy(before)
        after["derivedSection"]["miscInfoModule"]["versionHolder"] = "2099-01-01"
        assert detect(before, after).changes == ()


def test_no_real_pair_falls_to_a_path_that_no_row_names():
    assert figures(real_versions())["unnamed_paths"] == {}


def described(nodes, above=""):
    for node in nodes:
        path = f"{above}.{node['name']}" if above else node["name"]
        if node.get("children") and not path.startswith(("resultsSection.", "derivedSection")):
            yield from described(node["children"], path)
        elif not node.get("indexedOnly"):
            yield path


def test_every_field_of_the_registrys_own_description_is_named_or_noise():
    fields = described(json.loads((REGISTRY / "official" / "studies_metadata.json").read_text()))
    known = (*NAMED, *noise._RULE_AT)
    assert [field for field in fields if not any(f"{field}.".startswith(f"{path}.") for path in known)] == []
