"""That a mail adds up: no place is lost, no bad sign left out, and what matters most is said first."""

import re
from zoneinfo import ZoneInfo

import mails
import pytest
from pair_sheet import PAIRS, REGISTRY, pairs

from notifier.domain.changes import Kind, Weight, detect
from notifier.domain.study import decode
from notifier.domain.wording import sections, speech, tell
from notifier.domain.wording.places import PLACE_KINDS

ENGLISH, ZONE = speech("en"), ZoneInfo("Europe/Copenhagen")
AHEAD, PAST = ({"date": day, "type": "ESTIMATED"} for day in ("2027-12-24", "2026-06-01"))


def open_study(**changes):
    return mails.record(**{"overallStatus": "RECRUITING", "startDateStruct": PAST} | changes)


def place(city, status="RECRUITING", **changes):
    return {"facility": f"{city} Hospital", "city": city, "country": "Norway", "status": status} | changes


def text_of(before, after):
    return " ".join(mails.renderer().render(mails.letter(mails.entry(before, after))).text.split())


def tellings_of(before, after):
    entry = mails.entry(before, after)
    return tell(ENGLISH, entry.study, entry.told, ZONE)


def of_places(before, after):
    (telling,) = tellings_of(open_study(locations=before), open_study(locations=after))
    return [(line.label, line.text) for line in telling.lines], telling


def of_measures(before, after):
    both = [open_study(), open_study()]
    for record, measures in zip(both, (before, after), strict=True):
        record["protocolSection"]["outcomesModule"] = {
            "primaryOutcomes": [{"measure": each} for each in measures]
        }
    return both


@pytest.mark.parametrize(
    "moved",
    [
        {"overallStatus": ("NOT_YET_RECRUITING", "RECRUITING")},
        {"locations": ([], [place("Oslo")])},
        {"overallStatus": ("NOT_YET_RECRUITING", "RECRUITING"), "startDateStruct": (PAST, AHEAD)},
    ],
)
def test_a_study_that_is_open_before_its_start_is_said_so_once(moved):
    before, after = (
        open_study(**{"startDateStruct": AHEAD} | {key: sides[n] for key, sides in moved.items()})
        for n in (0, 1)
    )
    assert text_of(before, after).count("yet as starting later: 24 December 2027.") == 1


@pytest.mark.parametrize("status", ["SUSPENDED", "WITHDRAWN"])
def test_a_study_that_never_opened_and_has_started_contradicts_itself(status):
    before = mails.record(startDateStruct={"date": "2027-06-01", "type": "ESTIMATED"})
    text = text_of(before, mails.record(overallStatus=status, startDateStruct=PAST))
    assert "by its status the study never opened" in text
    stood = mails.record(startDateStruct=PAST)
    assert "contradicts" not in text_of(stood, mails.record(overallStatus=status, startDateStruct=PAST))


@pytest.mark.parametrize("status", ["SUSPENDED", "UNKNOWN", "NOT_YET_RECRUITING"])
def test_where_nobody_is_named_there_is_still_something_to_do(status):
    sponsor = {"leadSponsor": {"name": "Moss Hospital"}}
    before, after = (
        open_study(overallStatus=one, centralContacts=[], locations=[]) for one in ("RECRUITING", status)
    )
    for record in (before, after):
        record["protocolSection"]["sponsorCollaboratorsModule"] = sponsor
    text = text_of(before, after)
    assert "Run by: Moss Hospital" in text
    if status != "SUSPENDED":
        assert "ask your doctor or nurse to help you find out whether the study is open." in text


def test_new_places_are_told_whatever_their_status():
    new = [
        place("Moss"),
        place("Voss", "ACTIVE_NOT_RECRUITING"),
        place("Alta", None),
        place("Bodø", "SUSPENDED"),
    ]
    lines, _ = of_places([place("Oslo")], [place("Oslo"), *new])
    assert {label: text.partition(" ")[0] for label, text in lines} == {
        "New, and looking for participants": "Moss",
        "Listed now": "Bodø",
        "New in the list": "Alta",
        "New in the list, but not looking for participants": "Voss",
        "Still looking for participants": "1",
        "Status": "Recruiting",
    }


def test_many_new_places_that_take_nobody_are_counted_with_their_status():
    new = [place(f"Town {n}", "ACTIVE_NOT_RECRUITING") for n in range(23)]
    lines, _ = of_places([], [place("Moss"), *new])
    assert (
        "New in the list, but not looking for participants",
        "23 places: Norway (23) (Active, not recruiting)",
    ) in lines


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        (("1501", "1502"), "Moss, 1502, Norway"),
        (("1501", "1501"), "Moss, 1501, Norway (one of its 2 places in the list)"),
    ],
)
def test_a_nameless_place_is_told_apart_from_another_of_its_town_that_stayed(codes, said):
    old, new = (place("Moss", facility="Research Site", zip=code) for code in codes)
    lines, _ = of_places([old], [old, new])
    assert lines[0] == ("New, and looking for participants", said)


def test_of_many_places_one_of_a_town_with_another_has_its_name():
    stayed, new = place("Moss", facility="Timone"), [place(f"Town {n}") for n in range(8)]
    lines, _ = of_places([stayed], [stayed, place("Moss"), *new])
    assert "Moss Hospital" in lines[0][1]
    assert "Town 3 Hospital" not in lines[0][1]


def test_names_with_commas_are_parted_by_semicolons():
    new = [
        place(town, facility=f"{town} Medicine, Cancer Center") for town in ("Oslo", "Moss", "Voss", "Alta")
    ]
    lines, _ = of_places([], new)
    assert "Oslo Medicine, Cancer Center; Moss Medicine, Cancer Center; " in lines[0][1]


def test_what_a_firm_hangs_on_names_is_left_out():
    lines, _ = of_places([], [place("Moss", facility="Moss Hospital - PPDS")])
    assert lines == [("New, and looking for participants", "Moss Hospital, Moss, Norway")]


@pytest.mark.parametrize(
    ("treatment", "arms"),
    [
        ({"name": "Standard of Care"}, []),
        ({"name": "Placebo for tea"}, []),
        ({"name": "Coffee", "armGroupLabels": ["B"]}, [{"label": "B", "type": "ACTIVE_COMPARATOR"}]),
    ],
)
def test_what_a_study_compares_with_is_not_what_it_tries(treatment, arms):
    both = [open_study(), open_study()]
    for record, added in zip(both, ([], [treatment]), strict=True):
        record["protocolSection"]["armsInterventionsModule"] = {
            "armGroups": arms,
            "interventions": [{"name": "Tea"}, *added],
        }
    (telling,) = tellings_of(*both)
    assert "what it compares with" in telling.means
    assert "tries" not in telling.headline + telling.means


def test_a_treatment_that_is_added_to_usual_care_is_tried():
    both = [open_study(), open_study()]
    for record, added in zip(both, ([], [{"name": "Tea plus standard of care"}]), strict=True):
        record["protocolSection"]["armsInterventionsModule"] = {"interventions": added}
    assert any("tries" in each.means + each.headline or "tried" in each.means for each in tellings_of(*both))


def test_a_list_most_of_which_gave_way_was_rewritten():
    old = [f"Grade {n} toxicity of organ {n}" for n in range(12)]
    new = ["Overall survival at a year", "Quality of sleep", "Pain"]
    (telling,) = tellings_of(*of_measures(old, new))
    assert telling.means.endswith(
        "the list of main measures was rewritten: 12 before, 3 now. They answer the study's main question."
    )
    assert [line.text for line in telling.lines] == new
    assert telling.kinds == (Kind.PRIMARY_OUTCOME_DROPPED, Kind.PRIMARY_OUTCOME_ADDED)


def test_main_measures_that_came_and_went_are_one_item():
    (telling,) = tellings_of(
        *of_measures(["Sleep", "Weight of the liver"], ["Sleep", "Pain in a knee", "Survival"])
    )
    assert telling.means.count("the main measures changed: 2 before, 3 now.") == 1
    assert [line.label for line in telling.lines] == ["Removed", "Added", "Added"]


def test_a_cohort_that_is_dropped_leads_before_a_number_of_people():
    before, after = of_measures(
        ["Pain", "Cohorts G and H: share of participants without the disease after treatment"],
        ["Pain", "For US sites only: Cohort G: share of participants without the disease after treatment"],
    )
    for record, count in ((before, 200), (after, 400)):
        record["protocolSection"]["designModule"]["enrollmentInfo"] = {"count": count}
    text = text_of(before, after)
    assert text.startswith("A main measure of a study you follow may count other people than before.")
    assert "So it may count other people than before." in text
    plain = of_measures(["Pain", "Pain in the knee"], ["Pain", "Pain in one knee"])
    assert "other people" not in text_of(*plain)


@pytest.mark.parametrize(
    ("dates", "status", "weight"),
    [
        (("2018-08-31", "2018-11-27"), "ACTIVE_NOT_RECRUITING", Weight.MINOR),
        (("2018-08-31", "2018-11-27"), "RECRUITING", Weight.MINOR),
        (("2025-08-31", "2024-11-27"), "WITHDRAWN", Weight.MINOR),
        (("2027-02-01", "2026-12-27"), "RECRUITING", Weight.NOTABLE),
        (("2027-08-31", "2026-01-27"), "SUSPENDED", Weight.NOTABLE),
    ],
)
def test_a_start_of_long_ago_is_no_news(dates, status, weight):
    before, after = (
        mails.record(overallStatus=status, startDateStruct={"date": day, "type": "ESTIMATED"})
        for day in dates
    )
    (change,) = detect(before, after).news
    assert change.weight is weight


def test_the_last_number_of_people_is_told_with_the_end():
    before, after = (
        mails.record(overallStatus=status, enrollmentInfo={"count": count})
        for status, count in (("ACTIVE_NOT_RECRUITING", 381), ("COMPLETED", 386))
    )
    told = {change.kind: change.weight for change in detect(before, after).news}
    assert told[Kind.ENROLMENT] is Weight.NOTABLE


def test_beside_a_start_that_moved_it_is_said_that_nothing_is_open_yet():
    before, after = (
        mails.record(startDateStruct={"date": day, "type": "ESTIMATED"})
        for day in ("2027-06-01", "2027-09-01")
    )
    (telling,) = tellings_of(before, after)
    assert telling.lines[-1].text == "Not yet recruiting (has not started looking for participants yet)"


def test_an_edit_of_one_group_beside_one_of_all_says_of_how_many():
    both = [open_study(), open_study()]
    for record, (mid, own) in zip(both, (("for two weeks", "2L"), ("for nine weeks", "2/3L")), strict=True):
        record["protocolSection"]["armsInterventionsModule"] = {
            "armGroups": [
                {"label": f"Sub-study {n} of people with {own if n == 3 else n}", "description": f"Tea {mid}"}
                for n in (1, 2, 3)
            ]
        }
    (telling,) = tellings_of(*both)
    assert [line.text for line in telling.lines if line.label == "About"] == [
        "3 groups of participants",
        "1 group of participants",
    ]


def test_more_conditions_of_an_open_study_are_for_those_who_might_join():
    both = [open_study(conditions=listed) for listed in (["Asthma"], ["Asthma", "Hay fever"])]
    text = text_of(*both)
    assert "ask your doctor or nurse whether the study fits you as it is now." in text
    assert "what changed, why, and does it matter for me?" in text


def test_that_nobody_joined_what_was_cancelled_is_said_once():
    before = mails.record(enrollmentInfo={"count": 12, "type": "ESTIMATED"})
    text = text_of(
        before, mails.record(overallStatus="WITHDRAWN", enrollmentInfo={"count": 0, "type": "ACTUAL"})
    )
    assert "12 people" not in text


@pytest.mark.parametrize(
    ("before", "after", "weight"),
    [
        ("Share of bad event", "Share of bad events", Weight.MINOR),
        ("People with a Serious Event", "People with a Serious Event (SE)", Weight.MINOR),
        ("Pain in the knee of adults", "Pain in the knee of adolescents", Weight.NOTABLE),
    ],
)
def test_a_short_form_in_brackets_makes_no_other_measure(before, after, weight):
    (change,) = detect(*of_measures(["Sleep", before], ["Sleep", after])).news
    assert (change.kind, change.weight) == (Kind.PRIMARY_OUTCOME_REWORDED, weight)


@pytest.fixture(scope="module")
def real():
    if not REGISTRY.exists():
        pytest.skip("no registry records here")
    return [pair for name in PAIRS for pair in pairs(name)]


NEW_PLACES = re.compile(r"(New|Listed now)\b")


def test_of_real_pairs_the_new_places_add_up_and_what_is_important_has_advice(real):
    for before, after, _ in real:
        study = decode(mails.dumps(after).encode())
        news = [change for change in detect(before, after).news if change.weight >= Weight.NOTABLE]
        if not news:
            continue
        told = tell(ENGLISH, study, mails.told(news, study), ZONE)
        new = sum(change.kind is Kind.SITE_ADDED for change in news)
        counted = 0
        of_places = (each for each in told if not set(PLACE_KINDS).isdisjoint(each.kinds))
        for line in (line for each in of_places for line in each.lines if NEW_PLACES.match(line.label)):
            many = re.match(r"(\d+) places?[.:] ", line.text)
            counted += int(many[1]) if many else 1
        assert counted == new, study.nct_id
        if news[0].weight is Weight.IMPORTANT:
            asks = tuple(dict.fromkeys(ask for telling in told for ask in telling.asks))
            assert sections(ENGLISH, asks, None, study), (study.nct_id, [change.kind for change in news])


def test_a_place_that_is_listed_as_withdrawn_is_told_and_how_many_of_all_are_open():
    before = open_study(
        locations=[place("Oslo", "NOT_YET_RECRUITING"), place("Moss", None)],
        overallStatus="NOT_YET_RECRUITING",
    )
    text = text_of(before, open_study(locations=[place("Oslo"), place("Moss", "WITHDRAWN")]))
    assert "Listed as not taking part: Moss Hospital, Moss, Norway" in text
    assert "1 of its 2 places is listed as looking for participants." in text


def test_where_a_place_paused_before_it_opened_the_open_ones_are_named():
    lines, _ = of_places(
        [place("Oslo", "NOT_YET_RECRUITING"), place("Moss")], [place("Oslo", "SUSPENDED"), place("Moss")]
    )
    assert lines[-1] == ("Still looking for participants", "Moss Hospital, Moss, Norway")


def test_a_study_on_hold_or_cancelled_says_what_those_who_wait_can_do():
    for status in ("SUSPENDED", "WITHDRAWN"):
        text = text_of(open_study(), open_study(overallStatus=status))
        assert "We keep watching, and will write if the status changes again." in text
        assert "If you hoped to join, ask your doctor or nurse about other studies." in text


def test_a_study_that_takes_nobody_still_says_who_runs_it():
    records = [
        open_study(centralContacts=[], overallStatus=status)
        for status in ("RECRUITING", "ACTIVE_NOT_RECRUITING")
    ]
    for record in records:
        record["protocolSection"]["sponsorCollaboratorsModule"] = {"leadSponsor": {"name": "Moss Institute"}}
    assert "Run by: Moss Institute" in text_of(*records)


def test_a_study_that_is_set_back_says_when_it_expects_to_start():
    after = open_study(overallStatus="NOT_YET_RECRUITING", startDateStruct=AHEAD)
    text = text_of(open_study(startDateStruct=AHEAD), after)
    assert text.startswith("Subject") or "listed as not open yet, after it was listed as open" in text
    assert "Expected start: 24 December 2027" in text
    silent = [{key: each for key, each in place("Oslo").items() if key != "status"}]
    after["protocolSection"]["contactsLocationsModule"]["locations"] = silent
    text = text_of(open_study(startDateStruct=AHEAD, locations=[place("Oslo")]), after)
    assert "The record does not say how each of its places stands." in text


def test_a_number_of_people_without_a_type_says_that_it_may_be_either():
    before, after = (open_study(enrollmentInfo={"count": number}) for number in (182, 232))
    assert "Planned or reached: the record does not say." in text_of(before, after)


def test_a_start_that_moved_among_past_days_is_minor():
    (change,) = detect(
        open_study(startDateStruct=PAST), open_study(startDateStruct=PAST | {"date": "2026-09-20"})
    ).changes
    assert change.weight is Weight.MINOR


def test_no_place_still_looks_where_nobody_knew():
    before = open_study(overallStatus="UNKNOWN", locations=[place("Oslo"), place("Moss")])
    assert "Still looking" not in text_of(before, open_study(locations=[place("Moss")]))


@pytest.mark.parametrize(
    ("now", "said"), [("2027-06-27", "about 4 weeks later"), ("2027-06-29", "4 weeks later")]
)
def test_a_span_that_is_rounded_says_so(now, said):
    dates = ({"date": day, "type": "ESTIMATED"} for day in ("2027-06-01", now))
    (telling,) = tellings_of(
        *(open_study(startDateStruct=each, overallStatus="NOT_YET_RECRUITING") for each in dates)
    )
    assert [line.text for line in telling.lines if line.label == "Moved"] == [said]


def test_the_edition_of_a_scale_makes_no_other_measure():
    (telling,) = tellings_of(*of_measures(["Side effects by CTCAE v 5.0"], ["Side effects by CTCAE v 6.0"]))
    assert (telling.weight, telling.asks) == (Weight.MINOR, ())
    assert telling.headline == "A study you follow now uses another version of a scale."
    assert telling.notes == ("CTCAE is a scale of how bad side effects are.",)
    (telling,) = tellings_of(*of_measures(["Pain, CTCAE v5.0"], ["Pain, CTCAE version 5.0"]))
    assert (telling.weight, "another version" in telling.headline) == (Weight.MINOR, False)


@pytest.mark.parametrize(
    ("before", "after", "weight"),
    [
        ("Zolacaptagene in knees", "Zolacabtagene in knees", Weight.MINOR),
        ("Typical hives", "Atypical hives", Weight.NOTABLE),
        ("Hyperglycemia at night", "Hypoglycemia at night", Weight.NOTABLE),
        ("Knees of 12 people", "Knees of 13 people", Weight.NOTABLE),
    ],
)
def test_one_letter_in_a_title_is_minor(before, after, weight):
    (change,) = detect(open_study(briefTitle=before), open_study(briefTitle=after)).changes
    assert change.weight is weight


def test_a_label_is_no_part_of_a_name():
    lines, _ = of_places(
        [place("Oslo")], [place("Oslo"), place("Moss", facility="Facility Name: Moss Hospital")]
    )
    assert lines[0][1] == "Moss Hospital, Moss, Norway"


def test_an_age_limit_says_how_it_moved():
    (telling,) = tellings_of(open_study(minimumAge="65 Years"), open_study(minimumAge="70 Years"))
    assert telling.headline == "The lower age limit of a study you follow rose from 65 to 70 years."
    assert [line.label for line in telling.lines] == ["Before", "Now"]
    (telling,) = tellings_of(open_study(minimumAge="18 Years"), open_study(minimumAge="1 Year"))
    assert telling.headline == "The age limits of a study you follow have changed."


def test_a_few_people_more_are_told_to_those_who_asked_for_what_is_notable():
    before, after = (
        mails.record(enrollmentInfo={"count": count, "type": "ESTIMATED"}) for count in (101, 102)
    )
    assert [change.weight for change in detect(before, after).news] == [Weight.NOTABLE]


def test_who_judges_a_measure_is_not_whom_it_counts():
    (telling,) = tellings_of(*of_measures(["Growth, determined by the investigator at the site"], ["Growth"]))
    assert not any("other people" in note for note in telling.notes)


def test_of_places_without_names_that_are_alike_none_is_said_to_be_the_new_one():
    bergen = place("Bergen", "NOT_YET_RECRUITING", facility="Research Site", zip="5003")
    _, telling = of_places([bergen], [bergen, bergen | {"status": "WITHDRAWN"}])
    assert any("does not say which is new" in note for note in telling.notes)
    _, telling = of_places([bergen], [bergen, bergen | {"status": "RECRUITING", "city": "Oslo"}])
    assert not any("which is new" in note for note in telling.notes)
