"""The read that rules write: of every study, from its fields alone, plain, and without a promise."""

import gzip
import re

import pytest
from conftest import REGISTRY_DATA
from factories import a_record, raw

from notifier.domain.study import OverallStatus, decode, document
from notifier.domain.summaries import Origin, by_rules
from notifier.domain.summaries.fillings import FILLINGS, MOST_NAMED
from notifier.domain.summaries.measure import (
    HARDEST,
    LONGEST,
    LONGEST_ON_AVERAGE,
    average,
    grade,
    longest,
    sentences,
)
from notifier.domain.summaries.phrases import banned_in
from notifier.domain.summaries.rules import PLACES, rules_for
from notifier.domain.summaries.table import TABLE, Part
from notifier.domain.wording.stock import NUMBER, dates_in, has_number, stock, texts, without_dates

STORED = REGISTRY_DATA / "studies.jsonl.gz"
#: What stands in a sentence in place of the registry's own words, to measure ours.
STANDS_FOR = {
    "source": "According to ClinicalTrials.gov (updated 12 March 2027)",
    "people": "120 people",
    "masked": "the people who take part and those who judge the results",
    "at_start": "on 12 March 2027",
    "at_main_end": "on 12 March 2027",
    "results": "12 March 2027",
    "start": "12 March 2027",
    "main_end": "12 March 2027",
}
BY_NAME = [f"{rule.part.name}: {rule.name}" for rule in TABLE]
NOTHING = {"designModule": {}, "statusModule": {}, "armsInterventionsModule": {}, "outcomesModule": {}}
BARE = b'{"protocolSection":{"identificationModule":{"nctId":"NCT90000001"}}}'
HOSTILE = (
    '<script>alert(1)</script> & "quoted"\r\n\u202egnp.exe\u2066\x07 100% %(why)s [x](https://evil.example)'
)


def own(rule):
    """A sentence with something short for what the record says."""
    return PLACES.sub(lambda place: STANDS_FOR.get(place[1], "Sam"), rule.says)


def read(**overrides):
    return by_rules(decode(raw(a_record(**overrides))))


def said(made):
    return " ".join((*made.summary, *made.could_lead_to, *made.could_go_wrong))


def names(part=None, **overrides):
    """Which rules speak of a record."""
    found = rules_for(decode(raw(a_record(**overrides))))
    return {rule.name for rule in found if part is None or rule.part is part}


@pytest.fixture(scope="session")
def stored():
    if not STORED.exists():
        pytest.skip("the real records are not beside this checkout")
    with gzip.open(STORED) as lines:
        return [decode(line) for line in lines]


@pytest.mark.parametrize("rule", TABLE, ids=BY_NAME)
def test_each_sentence_is_plain_short_and_promises_nothing(rule):
    for sentence in sentences(own(rule)):
        assert round(grade(sentence)) <= HARDEST
        assert longest(sentence) <= LONGEST
    assert banned_in(own(rule)) == ()


def test_every_place_to_fill_has_a_filling_and_every_rule_a_name_of_its_own():
    assert {place for rule in TABLE for place in PLACES.findall(rule.says)} == set(FILLINGS)
    assert len(set(BY_NAME)) == len(TABLE)


def test_every_real_record_gives_a_whole_read(stored):
    for study in stored:
        made = by_rules(study)
        assert made.title
        assert len(made.summary) >= 4, study.nct_id
        assert made.could_lead_to
        assert made.could_go_wrong
        assert all(text == " ".join(text.split()) for text in (made.title, said(made)))


def test_every_real_read_is_easy_on_the_whole(stored):
    for study in stored:
        whole = " ".join(map(own, rules_for(study)))
        assert grade(whole) <= HARDEST, study.nct_id
        assert average(whole) <= LONGEST_ON_AVERAGE
        assert banned_in(whole) == ()


def counts(study):
    """The numbers that a rule makes of a record: its groups, and what is left of a list."""
    lists = (study.interventions, study.primary_outcomes, study.conditions)
    return {len(study.arms), *(rest for each in lists for rest in range(len(each) - MOST_NAMED + 1))}


def test_every_number_and_date_of_a_real_read_stands_in_its_record(stored):
    for study in stored:
        known = [stock(texts(document(study.raw))), stock(map(str, counts(study)))]
        text = said(by_rules(study))
        dates = known[0].dates
        assert [
            day for day, words in dates_in(text, "en") if day not in dates and words not in known[0].text
        ] == []
        numbers = NUMBER.findall(without_dates(text, "en"))
        assert [number for number in numbers if not has_number(number, known)] == [], study.nct_id


def test_no_two_rules_say_the_same_of_a_real_record(stored):
    for study in stored:
        spoken = [(rule.part, rule.says) for rule in rules_for(study)]
        assert len(spoken) == len(set(spoken)), study.nct_id


def test_an_observational_study_is_no_treatment_trial():
    made = read(studyType="OBSERVATIONAL", phases=[], overallStatus="RECRUITING")
    assert made.summary[0].startswith(
        "This is an observational study, not a treatment trial. It will not test a new therapy."
    )
    assert "side effects" not in said(made)


def test_small_and_early_says_so_and_what_it_means():
    made = read(phases=["PHASE1"], enrollmentInfo={"count": 24, "type": "ESTIMATED"})
    assert "It is an early study (phase 1)." in made.summary[0]
    assert "The plan is for 24 people to be in it. That is small as well as early" in made.summary[0]
    assert "A small study cannot settle a question by itself." in made.could_lead_to
    assert "In early studies less is known about side effects than later on." in made.could_go_wrong


@pytest.mark.parametrize(("count", "is_small"), [(0, False), (1, True), (50, True), (51, False)])
def test_what_is_called_small(count, is_small):
    planned = {"phases": ["PHASE3"], "enrollmentInfo": {"count": count, "type": "ESTIMATED"}}
    assert ("small" in names(Part.WHAT, **planned)) is is_small
    assert ("small" in names(Part.LEAD, **planned)) is is_small
    assert ("chance" in names(Part.WRONG, **planned)) is is_small


@pytest.mark.parametrize(
    ("phases", "name"),
    [
        (["EARLY_PHASE1"], "early phase 1"),
        (["PHASE1", "PHASE2"], "phases 1 and 2"),
        (["PHASE4"], "phase 4"),
        (["NA"], "no phase"),
        ([], "no phase"),
        (["PHASE9"], "other phase"),
    ],
)
def test_each_phase_is_told_and_an_unknown_one_is_quoted(phases, name):
    about = {name for name in names(Part.WHAT, phases=phases) if "phase" in name}
    assert about == {name}
    assert ("“Phase9”" in said(read(phases=phases))) is (name == "other phase")


def test_who_is_not_told_is_named():
    assert "(masking): the people who take part and the researchers." in said(read())
    assert "“Dog”" in said(read(whoMasked=["DOG"]))
    assert "All know who gets what (open label)." in said(read(maskingInfo={"masking": "NONE"}))


@pytest.mark.parametrize(
    ("arm", "words"),
    [
        ("PLACEBO_COMPARATOR", "gets a placebo."),
        ("SHAM_COMPARATOR", "gets a sham."),
        ("NO_INTERVENTION", "gets nothing from the study itself"),
        ("ACTIVE_COMPARATOR", "gets something else, to compare with."),
    ],
)
def test_what_a_group_gets_besides_is_said(arm, words):
    groups = [{"label": "One", "type": "EXPERIMENTAL"}, {"label": "Other", "type": arm}]
    assert words in said(read(armGroups=groups))
    assert words not in said(read(armGroups=groups[:1]))


def test_chance_decides_only_in_a_randomised_study():
    sentence = "In a randomised study, chance decides who gets what; a person cannot choose."
    assert sentence in read().could_go_wrong
    assert sentence not in read(designInfo__allocation="NON_RANDOMIZED").could_go_wrong


def test_the_reason_for_stopping_is_quoted_whole():
    why = "Slow accrual; " + "the sponsor ran out of tea. " * 40
    made = read(overallStatus="TERMINATED", whyStopped=why)
    assert f"The study team gave this reason: “{why.strip()}”" in made.summary[-1]
    assert "No reason was given." in said(read(overallStatus="TERMINATED", whyStopped=None))
    assert "reason" not in said(read(overallStatus="RECRUITING"))


def test_results_are_named_and_never_explained():
    assert "Results were posted on 9 January 2026. They have not been explained here." in said(read())
    done = read(overallStatus="COMPLETED", hasResults=False)
    assert "No results are posted in the registry." in said(done)
    assert "Its results may come late, or never." in done.could_go_wrong


def test_a_cancelled_study_leads_to_nothing_and_harms_nobody():
    made = read(overallStatus="WITHDRAWN", hasResults=False, enrollmentInfo={"count": 0, "type": "ACTUAL"})
    assert "The record says that nobody joined." in made.summary[0]
    assert made.could_lead_to == ("Nobody joined, so it cannot answer its question.",)
    assert made.could_go_wrong == (
        "It was cancelled, and studies with this status usually do not start again.",
    )


@pytest.mark.parametrize("status", list(OverallStatus))
def test_every_status_has_a_sentence(status):
    made = read(overallStatus=status.value)
    assert made.summary[-1].startswith("According to ClinicalTrials.gov (updated 12 February 2026), ")


@pytest.mark.parametrize("study_type", ["OBSERVATIONAL", "INTERVENTIONAL", "EXPANDED_ACCESS", "DREAM", None])
def test_a_record_that_says_little_still_gives_a_read(study_type):
    made = read(**NOTHING | {"designModule": {"studyType": study_type}, "conditionsModule": {}})
    assert made.summary
    assert made.could_lead_to
    assert made.could_go_wrong
    assert "“”" not in said(made)
    assert "%" not in said(made)


def test_the_barest_record_gives_a_read():
    made = by_rules(decode(BARE))
    assert made.title == "Study NCT90000001"
    assert made.could_lead_to
    assert made.could_go_wrong


def test_the_title_is_the_registrys_own():
    assert read().title == "Camomile Tea for Knee Pain"
    assert read(briefTitle=" \n").title == "A Randomised Trial of Camomile Tea for Knee Pain in Adults"


def test_hostile_text_stays_on_its_line_and_means_nothing():
    groups = [{"name": HOSTILE, "type": "DRUG"}]
    made = read(briefTitle=HOSTILE, interventions=groups, conditions=[HOSTILE], whyStopped=HOSTILE)
    for text in (made.title, *made.summary, *made.could_lead_to, *made.could_go_wrong):
        assert re.search(r"[\x00-\x1f\u202a-\u202e\u2066-\u2069]", text) is None
    assert '“<script>alert(1)</script> & "quoted" gnp.exe 100% %(why)s [x](https://evil.example)”' in said(
        made
    )


def test_a_long_list_names_some_and_counts_the_rest():
    measures = [{"measure": f"Measure {letter}"} for letter in "ABCDEFG"]
    assert "“Measure D” and 3 more." in said(read(primaryOutcomes=measures))


def test_a_long_name_is_cut_and_shows_it():
    made = read(interventions=[{"name": "tea " * 200, "type": "DRUG"}])
    assert "tea…” (a drug)" in said(made)


def test_the_label_says_what_wrote_it_and_of_which_day():
    made = read()
    assert made.source is Origin.RULES
    assert made.label == (
        "Put together by fixed rules from the registry's entry of 12 February 2026. No person and no AI wrote it."
    )
