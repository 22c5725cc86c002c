"""What a read says of who gets what, what it is and what can come of it: each kind of false sentence, with a record of ours."""

import re

import pytest
from factories import a_record, raw

from notifier.domain.study import decode
from notifier.domain.summaries import by_rules
from notifier.domain.summaries.given import known_in, medicines
from tests.domain.test_reads_by_rules import ASTHMA, SINGLE, TODAY, TREATMENT, P, X, Z, arms, read, said

BASE = TREATMENT | ASTHMA
CHEMO, GEFITINIB, ASPIRIN = "Drug: Cisplatin", "Drug: Gefitinib", "Drug: Aspirin"
NOBODY = {"overallStatus": "WITHDRAWN", "enrollmentInfo": {"count": 0, "type": "ACTUAL"}}
ENDED = {"overallStatus": "COMPLETED", "whyStopped": None}
TWO = arms(("X", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P]))
ADDED = arms(
    ("T", "EXPERIMENTAL", ["Drug: Thalidomide", GEFITINIB]), ("C", "PLACEBO_COMPARATOR", [P, GEFITINIB])
)


def events(*groups):
    listed = [{"title": t, "seriousNumAffected": n, "seriousNumAtRisk": of} for t, n, of in groups]
    return a_record(**BASE, **TWO) | {"resultsSection": {"adverseEventsModule": {"eventGroups": listed}}}


@pytest.mark.parametrize(
    ("overrides", "never", "told"),
    [
        # A study that nobody joined is no study that goes on.
        (NOBODY | TWO, r"\bgets\b|\bdecides\b|There are|It has \d", "One would have got: Xamib."),
        # What all get is told once, and what one gets more.
        (ADDED, r"One gets", "All groups get: gefitinib."),
        (ADDED, r"in place of what", "Some get a placebo in place of thalidomide, beside the other"),
        # A placebo alone stands for the whole.
        (TWO, r"beside the other", "Some get a placebo in place of what is tried."),
        # A summary that gives the one or the other is believed before a list that gives both.
        (
            arms(("A", "ACTIVE_COMPARATOR", [X, Z]), ("B", "ACTIVE_COMPARATOR", [Z]))
            | {"briefSummary": "People will receive either Xamib or Zolamab for a year."},
            r"All groups",
            "There are 2 groups.",
        ),
        # Groups that differ by what no list tells are told by their names.
        (
            arms(("Beside tablets", "EXPERIMENTAL", [X]), ("Beside insulin", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P])),
            r"2 of them get Xamib\.",
            "2 of them get Xamib: “Beside tablets” and “Beside insulin”.",
        ),
        # The same dose in two parts is no difference of doses.
        (
            arms(("Phase 1 Xamib 5 mg", "EXPERIMENTAL", [X]), ("Phase 2 Xamib 5 mg", "EXPERIMENTAL", [X])),
            r"differ by the dose",
            "The groups are called",
        ),
        # One person cannot have filled two groups.
        (
            TWO | ENDED | {"enrollmentInfo": {"count": 1, "type": "ACTUAL"}},
            r"There were|knew who|decided who",
            "2 groups were planned.",
        ),
        # No group is listed, but the record says more of them.
        (
            {"armGroups": [], "interventions": [{"type": "DRUG", "name": "Xamib"}], "briefSummary": "A randomized, double-blind study with a placebo."},
            r"not who gets which|All get",
            "Its text speaks of: chance deciding who gets what, a placebo and nobody knowing who gets what.",
        ),
        # What comes only where the first does not help is not given to all.
        (
            arms(("A", "EXPERIMENTAL", [X, Z])) | SINGLE | {"briefSummary": "Zolamab is given if Xamib fails."},
            r"All get",
            "people need not all get each",
        ),
        # What a group's name adds with a plus sign is given too.
        (
            arms(("Xamib + Zolamab", "EXPERIMENTAL", [X]), ("Zolamab", "ACTIVE_COMPARATOR", [Z])),
            r"One gets: Xamib\.",
            "All groups get: zolamab.",
        ),
        # A dye, a look and a blood sample are not what people get.
        (
            arms(("A", "EXPERIMENTAL", [X, "Diagnostic Test: Fluorescein", "Procedure: Blood sampling"])) | SINGLE,
            r"[Ff]luorescein|1 more thing",
            "All get: Xamib.",
        ),
        # Listed as completed, with a reason for stopping.
        (
            {"overallStatus": "COMPLETED", "whyStopped": "Terminated early"} | TWO,
            r"as planned",
            "“Terminated early”",
        ),
        (
            {"overallStatus": "TERMINATED", "whyStopped": "Futility at the interim analysis"} | TWO,
            r"as planned",
            "That is: it looked unlikely to show a benefit.",
        ),
        # A planned end long past is said.
        (
            {"overallStatus": "UNKNOWN", "completionDateStruct": {"date": "2020-05", "type": "ESTIMATED"}} | TWO,
            r"end is planned",
            "The planned end, May 2020, has passed",
        ),
        # Harms by name, and no line of another thing.
        (arms(("A", "EXPERIMENTAL", ["Radiation: Total body irradiation"])) | SINGLE, r"near the place", "whole body"),
        (arms(("A", "EXPERIMENTAL", ["Behavioral: Video-assisted training"])) | SINGLE, r"sore or tired|app or screen", "All get"),
        (arms(("A", "EXPERIMENTAL", ["Behavioral: Self-guided CBT app"])) | SINGLE, r"Talking about", "app or screen"),
        (arms(("A", "EXPERIMENTAL", ["Drug: Thalidomide"])) | SINGLE, r"kind often", "can harm an unborn child"),
        (arms(("A", "EXPERIMENTAL", ["Drug: S-1"])) | SINGLE, r"Chemotherapy can", "S-1 is a chemotherapy medicine."),
        (arms(("A", "EXPERIMENTAL", ["Drug: Atezolizumab, an anti-PD-L1 antibody"])) | SINGLE, r"are of one kind", "takes a brake off"),
        # An age that no one reaches is no limit.
        (TWO | {"maximumAge": "120 Years"}, r"120 years", "adults"),
    ],
)  # fmt: skip
def test_it_is_told_truly(overrides, never, told):
    made = read(**BASE | overrides)
    assert told in said(made), said(made)
    assert not re.search(never, said(made)), said(made)


def test_a_count_that_is_missing_is_said_to_be():
    one = by_rules(decode(raw(events(("Xamib", 21, 59)))), TODAY).could_go_wrong
    assert any("Of 1 more group the record gives no number." in line for line in one)
    few = by_rules(decode(raw(events(("Xamib", 0, 1), ("Placebo", 0, 1)))), TODAY)
    assert "No grave trouble" not in said(few)
    most = by_rules(decode(raw(events(("Xamib", 14, 15), ("Placebo", 0, 15)))), TODAY)
    assert not re.search(r"Some had|Some died", said(most))


@pytest.mark.parametrize(
    ("text", "term", "means"),
    [
        ("We study ECH (episodic cluster headache).", "ECH", "free times"),
        ("Peritoneal dialysis (PD) helps.", "peritoneal dialysis", "fluid in the belly"),
        ("We look at young adults (AYA) and adolescents.", None, "and young"),
        ("Human immunodeficiency virus type 1 (HIV-1) is studied.", "human immunodeficiency", "AIDS"),
        ("TREM-1 (triggering receptor expressed on myeloid cells 1) is studied.", "TREM-1", "triggering receptor"),
        ("SGLT2 is looked at.", "SGLT2", "a protein"),
    ],
)  # fmt: skip
def test_a_word_is_explained_as_a_whole(text, term, means):
    told = {word.term: word.means for word in read(**BASE | TWO | {"briefSummary": f"This study evaluates tea. {text}", "briefTitle": text}).words}  # fmt: skip
    if term is None:
        assert not any(meaning.startswith(means) for meaning in told.values())
    else:
        assert any(term in key and means in meaning for key, meaning in told.items()), told


def test_a_medicine_that_is_listed_as_a_name_of_another_one_is_not_said_to_be_it():
    record = BASE | arms(("A", "EXPERIMENTAL", ["Drug: Apatinib"])) | {"briefTitle": "Apatinib, Rivoceranib and Carboplatin for Asthma"}  # fmt: skip
    record["interventions"] = [
        {"type": "DRUG", "name": "Apatinib", "otherNames": ["Carboplatin", "Rivoceranib"]}
    ]
    told = {word.term: word.means for word in read(**record).words}
    assert told.get("Rivoceranib") == "another name of Apatinib"
    assert "Apatinib" not in told.get("Carboplatin", "")


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ("Baseline, week 12 and week 24", "up to 24 weeks"),
        ("Until 30 days after the last dose", ""),
        ("Through study completion, an average of 9 months", ""),
    ],
)
def test_how_long_a_measure_is_followed_is_said_where_it_is_counted_from_the_start(frame, told):
    outcome = {"measure": "Pain on a scale from 0 to 10", "timeFrame": frame}
    [measure] = read(**BASE | TWO | {"primaryOutcomes": [outcome]}).measures
    assert measure.partition("”)")[2].lstrip(", ") == told


def test_no_meaning_is_told_twice():
    text = "Cluster headache (CH) and episodic cluster headache (ECH)"
    meanings = [word.means for word in read(**BASE | TWO | {"briefTitle": text}).words]
    assert len(meanings) == len(set(meanings))


@pytest.mark.parametrize(
    ("title", "never"),
    [
        ("Xamib in Patients With Asthma and Healthy Controls", "asthma and healthy"),
        ("Xamib for Advanced Lung Cancer in Patients Harboring EGFR Mutations", "harboring"),
        ("Xamib in Metastatic Colorectal Cancer Patients Failed to First-line Irinotecan", "failed"),
        ("Xamib in Ambulatory and Non-ambulatory Children With Asthma", "with ambulatory"),
    ],
)
def test_people_are_not_named_in_broken_words(title, never):
    made = read(**BASE | TWO | {"briefTitle": title})
    assert never not in " ".join(made.summary).casefold()


def test_medicines_are_known_by_their_own_names():
    kinds = {name: kind for name, kind, _ in ((found[0], kind, harm) for found, kind, harm in known_in("Avelumab, Cisplatin and HRS-1234; worsen"))}  # fmt: skip
    assert set(kinds) == {"avelumab", "cisplatin"}
    assert len(medicines()) >= 90
    for _, kind, harm in medicines():
        assert kind or harm
        assert "%(names)s" in harm or not harm


def test_a_name_that_was_cut_is_not_what_a_group_gets():
    long = "Drug: 4 cycles (Placebo + chemotherapy) + 13 cycles (Placebo)"
    made = read(**BASE | arms(("A", "EXPERIMENTAL", [X]), ("B", "ACTIVE_COMPARATOR", [long])))
    assert not re.search(r"gets: 4 cycles \+ ?13 cycles", said(made))
    made = read(**BASE | arms(*((f"Xamib {dose} mg/m2", "EXPERIMENTAL", [X]) for dose in (10, 50, 200))))
    assert "They differ by the dose of Xamib" in said(made)
