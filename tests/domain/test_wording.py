"""What is said of each change: meaning, the registry's words, old and new, and what one can do."""

import json
import re
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import mails
import pytest
from mails import GROUPS, MEASURE, POSTED, SEEN, one, record, told

from notifier.domain.changes import (
    SITE_MOVES,
    STATUS_KINDS,
    STUDY_MOVES,
    Change,
    Group,
    Kind,
    Weight,
    group_of,
    site_move,
    study_move,
)
from notifier.domain.geo import Circle, Near
from notifier.domain.letter import Told
from notifier.domain.study import OverallStatus, decode
from notifier.domain.wording import sections, speech, tell
from notifier.domain.wording.advice import ADVICE, in_season
from notifier.domain.wording.places import WORDS as PLACE_MOVES
from notifier.domain.wording.registry_words import MOVES, STATUSES, person
from notifier.domain.wording.sentences import SENTENCES, Ask
from notifier.domain.wording.shapes import Mark
from notifier.domain.wording.speech import shown

ENGLISH = speech("en")
ZONE = ZoneInfo("Europe/Copenhagen")
STATUS = "protocolSection.statusModule.overallStatus"


def study(**changes):
    return decode(json.dumps(record(**changes)).encode())


def said(letter):
    """What is said of the first study of a letter."""
    entry = letter.entries[0]
    return tell(ENGLISH, entry.study, entry.told, ZONE)


def status(before, after, **changes):
    change = Change(Kind.STATUS_CHANGED, Weight.IMPORTANT, STATUS, before, after)
    return tell(ENGLISH, study(overallStatus=after, **changes), told([change], study()), ZONE)[0]


def test_what_we_cannot_read_is_not_said_of_the_registry():
    entry = one(Kind.RECORD_UNREADABLE, None, None)
    (telling,) = tell(ENGLISH, entry.study, entry.told, ZONE)
    assert telling.means.startswith("We have not been able to read")
    assert "ClinicalTrials" not in telling.means


@pytest.mark.parametrize("language", ["en", "da", "de"])
def test_every_kind_has_words_with_a_source_and_a_date(language):
    for kind in set(Kind) - {Kind.RECORD_UNREADABLE}:
        entry = one(kind, "old words", "new words")
        (telling,) = tell(speech(language), entry.study, entry.told, ZONE)
        assert "ClinicalTrials.gov" in telling.means, kind
        assert re.search(r"\b202[67]\b", telling.means), kind
        assert telling.headline.endswith("."), kind
        assert "ClinicalTrials" not in telling.headline, kind


def test_every_kind_there_is_stands_in_the_table_of_sentences():
    assert set(SENTENCES) == set(Kind)
    assert {ask for each in (*SENTENCES.values(), *MOVES.values()) for ask in each.asks} <= set(
        vars(Ask).values()
    )


def test_the_meaning_comes_with_the_date_of_the_update():
    (telling,) = said(mails.opens())
    assert telling.means == (
        "According to ClinicalTrials.gov (12 January 2027), the status changed: "
        "the study is now listed as looking for participants."
    )
    assert [line.text for line in telling.lines[:2]] == ["Not yet recruiting", "Recruiting"]
    assert [line.label for line in telling.lines] == ["Before", "Now", "Places"]


def test_a_change_without_an_update_has_the_day_on_which_it_was_seen_in_the_zone_of_the_reader():
    entry = mails.unknown().entries[0]
    late = [Told(each.change, SEEN.replace(hour=23, minute=30)) for each in entry.told]
    (telling,) = tell(ENGLISH, entry.study, late, ZONE)
    assert telling.means.startswith(
        "According to ClinicalTrials.gov, as we saw it on 14 January 2027, the status is not known"
    )


def test_a_change_that_came_without_an_update_names_the_day_on_which_it_was_seen():
    pause = Told(Change(Kind.STATUS_PAUSED, Weight.IMPORTANT, STATUS, "RECRUITING", "SUSPENDED"), SEEN)
    (telling,) = tell(ENGLISH, study(overallStatus="SUSPENDED"), [pause], ZONE)
    assert "as we saw it on 13 January 2027" in telling.means


def test_the_source_is_said_in_full_once():
    first, second = said(mails.who_can_join())
    assert first.means.startswith("According to ClinicalTrials.gov (12 January 2027), ")
    assert second.means.startswith("According to the same entry, ")


W5 = {
    "NOT_YET_RECRUITING": "has not started looking for participants yet",
    "RECRUITING": "is now listed as looking for participants",
    "ENROLLING_BY_INVITATION": "people take part by invitation only. They cannot ask to join",
    "ACTIVE_NOT_RECRUITING": "is going on but not looking for new participants",
    "SUSPENDED": "has paused taking new participants. It may start again",
    "TERMINATED": "has stopped early and will not start again",
    "WITHDRAWN": "was cancelled before anyone joined",
    "COMPLETED": "has ended (the registry calls it completed). This does not say whether the approach worked",
    "UNKNOWN": "the status is not known: the study team has not confirmed it for about two years or longer",
}


@pytest.mark.parametrize(("code", "words"), W5.items())
def test_each_status_has_its_plain_words(code, words):
    assert words in status("RECRUITING" if code != "RECRUITING" else "SUSPENDED", code).means


def test_every_status_of_the_registry_has_words_of_its_own():
    assert set(STATUSES) == set(OverallStatus)


def test_every_move_of_a_status_is_said():
    """All pairs of the fourteen statuses of studies, and of the nine of sites: a sentence, a kind, a weight, a group."""
    assert {state for pair in STUDY_MOVES for state in pair} == set(OverallStatus)
    assert (len(STUDY_MOVES), len(SITE_MOVES)) == (14 * 13, 9 * 8)
    for (before, after), move in STUDY_MOVES.items():
        telling = status(before, after)
        assert telling.means.endswith(ENGLISH.say(MOVES[move.said].means, source="").strip())
        assert telling.asks == MOVES[move.said].asks != ()
        assert move.weight >= Weight.NOTABLE
        assert group_of(move.kind) is Group.OPENS_OR_STOPS
        assert move.said != "changed"
    for (before, after), move in SITE_MOVES.items():
        (telling,) = at_sites((before, after))
        assert telling.means.endswith(ENGLISH.say(PLACE_MOVES[move.said].one, source="").strip())
        assert telling.weight is move.weight
        assert group_of(move.kind) is Group.PLACES
        assert move.said != "site_status"


def at_sites(*moves):
    """What is said of sites whose status moved."""
    path = "protocolSection.contactsLocationsModule.locations"
    found = [
        Change(
            site_move(*pair).kind,
            site_move(*pair).weight,
            path,
            *({"city": "Bergen", "status": one} for one in pair),
        )
        for pair in moves
    ]
    return tell(ENGLISH, study(), told(found, study()), ZONE)


NO_LONGER = re.compile("no longer|any more")
JOINABLE = {"RECRUITING", "AVAILABLE", "ENROLLING_BY_INVITATION", "SUSPENDED"}


@pytest.mark.parametrize("pair", [pair for pair in SITE_MOVES if pair[0] not in JOINABLE])
def test_a_place_that_took_nobody_before_is_never_said_to_have_closed(pair):
    (telling,) = at_sites(pair)
    assert not NO_LONGER.search(telling.means)
    assert Kind.SITE_CLOSED not in telling.kinds


@pytest.mark.parametrize("after", ["ACTIVE_NOT_RECRUITING", "SUSPENDED", "TERMINATED", "COMPLETED"])
def test_a_study_that_had_not_opened_is_never_said_to_have_closed(after):
    telling = status("NOT_YET_RECRUITING", after)
    assert not NO_LONGER.search(telling.means)
    assert "not open yet" in telling.means or "before it opened" in telling.means


def test_a_place_that_had_not_opened_and_will_not_is_said_so():
    one_place, two = (
        at_sites(("NOT_YET_RECRUITING", "WITHDRAWN")),
        at_sites(*[("NOT_YET_RECRUITING", "WITHDRAWN")] * 2),
    )
    assert one_place[0].means.endswith("a place had not opened yet, and will not take part.")
    assert two[0].means.endswith("some places had not opened yet, and will not take part.")


def test_invitation_only_after_recruiting_is_a_closing_with_advice_that_fits():
    telling = status("RECRUITING", "ENROLLING_BY_INVITATION")
    assert study_move("RECRUITING", "ENROLLING_BY_INVITATION").kind is Kind.STATUS_CLOSED
    said = " ".join(
        sentence for each in sections(ENGLISH, in_season(telling.asks)) for sentence in each.sentences
    )
    assert "ask your doctor or nurse about other studies" in said
    assert "whether it is open at the place nearest to you" not in said


def test_nobody_is_told_to_call_a_place_of_a_study_that_one_cannot_ask_to_join():
    asks = in_season((Ask.INVITED, Ask.PLACES, Ask.JOIN, Ask.DATES))
    assert asks == (Ask.INVITED, Ask.DATES)


def test_access_outside_a_study_has_words_and_no_results_to_wait_for():
    telling = status("AVAILABLE", "NO_LONGER_AVAILABLE")
    assert telling.means.endswith("the treatment can no longer be had in this way.")
    assert Ask.WAITING not in telling.asks


def test_no_advice_promises_what_a_study_team_will_do():
    said = [each for sets in ADVICE.values() for group in sets.values() for each in group]
    assert not [each for each in said if "will contact you" in each]


def test_a_status_never_seen_before_is_quoted_and_not_explained():
    change = Change(Kind.STATUS_CHANGED, Weight.IMPORTANT, STATUS, "RECRUITING", "HALF_OPEN")
    (telling,) = tell(ENGLISH, study(), told([change], study()), ZONE)
    assert "The registry's words for it stand below." in telling.means
    assert [line.text for line in telling.lines] == ["Recruiting", "Half open"]


def test_the_reason_for_stopping_is_quoted_whole():
    telling = status("RECRUITING", "TERMINATED", whyStopped="Slow accrual <12 & no funds")
    assert telling.quotes[0].lead == "On the reason, the study team wrote:"
    assert telling.quotes[0].words == ("Slow accrual <12 & no funds",)


@pytest.mark.parametrize("code", ["TERMINATED", "WITHDRAWN", "SUSPENDED"])
def test_a_missing_reason_is_said(code):
    telling = status("RECRUITING", code)
    assert (telling.quotes, telling.notes) == ((), ("No reason was given.",))


def test_the_reason_and_the_stop_are_told_as_one():
    assert [telling.kinds for telling in said(mails.stops_early())] == [(Kind.STATUS_STOPPED,)]


def test_of_two_status_changes_the_later_comes_first():
    pause = Told(Change(Kind.STATUS_PAUSED, Weight.IMPORTANT, STATUS, "RECRUITING", "SUSPENDED"), SEEN)
    opening = Told(
        Change(Kind.STATUS_OPENED, Weight.IMPORTANT, STATUS, "SUSPENDED", "RECRUITING"),
        SEEN + timedelta(days=2),
    )
    tellings = tell(ENGLISH, study(overallStatus="RECRUITING"), [pause, opening], ZONE)
    assert [telling.kinds[0] for telling in tellings] == [Kind.STATUS_OPENED, Kind.STATUS_PAUSED]
    assert tellings[1].notes == ()


def test_a_moved_end_counts_months_and_postponements():
    (telling,) = said(mails.end_moves())
    assert [(line.label, line.text) for line in telling.lines] == [
        ("Before", "June 2028 (planned)"),
        ("Now", "March 2029 (planned)"),
        ("Moved", "9 months later; the third time since we follow it, 14 months in all"),
    ]
    assert telling.headline == "The last main measurement of a study you follow is now planned for later."


def test_a_move_over_the_end_of_a_month_is_told_in_days():
    before = record(primaryCompletionDateStruct={"date": "2028-05-29", "type": "ESTIMATED"})
    after = record(primaryCompletionDateStruct={"date": "2028-06-03", "type": "ESTIMATED"})
    (telling,) = said(mails.letter(mails.entry(before, after)))
    assert telling.means.endswith("a planned date of this study moved by a few days.")
    assert shown_lines(telling) == [
        ("Last main measurement", "29 May 2028 (planned) → 3 June 2028 (planned); 5 days later")
    ]
    assert telling.weight is Weight.MINOR


@pytest.mark.parametrize("code", ["ACTIVE_NOT_RECRUITING", "COMPLETED", "TERMINATED", "WITHDRAWN"])
def test_what_changes_on_joining_a_study_that_takes_nobody_only_corrects_the_list(code):
    before, after = record(overallStatus=code), record(overallStatus=code, locations=mails.PLACES[:1])
    (telling,) = said(mails.letter(mails.entry(before, after)))
    assert telling.weight is Weight.MINOR
    assert telling.notes == ("The study takes no new participants; this corrects the list.",)
    advice = [sentence for each in sections(ENGLISH, telling.asks) for sentence in each.sentences]
    assert len(advice) == 1
    assert advice[0].startswith("Are you treated at a place that this mail tells of?")


def telling_of(before, after):
    """What is said of the one thing that differs between two records, as a mail that the gate lets through."""
    entry = mails.entry(record(**before), record(**after))
    (telling,) = tell(ENGLISH, entry.study, entry.told, ZONE)
    assert mails.renderer().render(mails.letter(entry)).told
    return telling


def shown_lines(telling):
    return [(line.label, line.text) for line in telling.lines]


def people(count, kind):
    return {"enrollmentInfo": {"count": count, "type": kind}}


@pytest.mark.parametrize(
    ("before", "after", "status", "means", "now"),
    [
        ((500, "ESTIMATED"), (500, "ACTUAL"), "COMPLETED", "500 people joined, as planned", None),
        ((500, "ESTIMATED"), (249, "ACTUAL"), "TERMINATED", "249 people joined, less than half as many as were planned", "249 people joined"),
        (
            (500, "ESTIMATED"),
            (249, "ACTUAL"),
            "ACTIVE_NOT_RECRUITING",
            "249 people joined, less than half as many as were planned",
            "249 people joined",
        ),
        ((40, "ESTIMATED"), (7, "ACTUAL"), "SUSPENDED", "7 people joined so far. More were planned", "7 people joined"),
        ((500, "ESTIMATED"), (250, "ACTUAL"), "ACTIVE_NOT_RECRUITING", "fewer people joined than were planned", "250 people joined"),
        ((500, "ESTIMATED"), (501, "ACTUAL"), "COMPLETED", "more people joined than were planned", "501 people joined"),
        ((500, "ESTIMATED"), (0, "ACTUAL"), "WITHDRAWN", "nobody joined this study", "0 people joined"),
        ((500, "ESTIMATED"), (420, "ESTIMATED"), "RECRUITING", "the study now plans for fewer people", "420 people planned"),
        ((500, "ESTIMATED"), (100, "ESTIMATED"), "RECRUITING", "plans for less than half as many people", "100 people planned"),
        ((500, "ESTIMATED"), (1200, "ESTIMATED"), "RECRUITING", "now plans for more people", "1,200 people planned"),
        ((90, "ACTUAL"), (91, "ACTUAL"), "COMPLETED", "the number of people in this study changed", "91 people joined"),
        ((90, "ACTUAL"), (90, "ESTIMATED"), "RECRUITING", "the number of people in this study changed", "90 people planned"),
    ],
)  # fmt: skip
def test_how_many_people_there_are_is_measured_by_the_plan(before, after, status, means, now):
    telling = telling_of(
        people(*before) | {"overallStatus": status}, people(*after) | {"overallStatus": status}
    )
    assert telling.means.endswith(means + ".")
    assert (telling.lines[-1].text if telling.lines else None) == now


def dates(**moved):
    return {f"{name}Struct": {"date": date, "type": kind} for name, (date, kind) in moved.items()}


PLAN, FACT = "ESTIMATED", "ACTUAL"


def test_dates_that_move_together_are_one_item():
    before = dates(primaryCompletionDate=("2028-06", PLAN), completionDate=("2028-09", PLAN))
    telling = telling_of(
        before, dates(primaryCompletionDate=("2029-03", PLAN), completionDate=("2029-03", PLAN))
    )
    assert telling.means.endswith("this study expects to end later than planned.")
    assert shown_lines(telling) == [
        ("Last main measurement", "June 2028 (planned) → March 2029 (planned); 9 months later"),
        ("End of the study", "September 2028 (planned) → March 2029 (planned); 6 months later"),
    ]


def test_dates_that_move_apart_are_told_apart():
    before = dates(startDate=("2027-01", PLAN), completionDate=("2028-09", PLAN))
    after = dates(startDate=("2027-06", PLAN), completionDate=("2028-01", PLAN))
    tellings = said(mails.letter(mails.entry(record(**before), record(**after))))
    assert [telling.means.rpartition(", ")[2][:40] for telling in tellings]
    assert [telling.kinds for telling in tellings] == [(Kind.START_DATE,), (Kind.COMPLETION_DATE,)]
    together = telling_of(before, dates(startDate=("2027-06", PLAN), completionDate=("2029-01", PLAN)))
    assert together.means.endswith("this study expects to start and end later than planned.")


@pytest.mark.parametrize(
    ("now", "means", "asks"),
    [
        ("2026-11-01", "the start date of this study changed. The new date had passed already.", ()),
        ("2026-12", "the start date of this study changed. The new date had passed already.", ()),
        ("2027-01-12", "this study expects to start later than planned.", (Ask.PLANS,)),
        ("2027-01", "this study expects to start later than planned.", (Ask.PLANS,)),
    ],
)
def test_nothing_is_expected_of_a_day_that_is_over(now, means, asks):
    telling = telling_of(dates(startDate=("2026-09", PLAN)), dates(startDate=(now, PLAN)))
    assert telling.means.endswith(means)
    assert telling.asks == asks


def test_a_date_that_had_passed_and_was_corrected_is_no_plan():
    telling = telling_of(
        dates(completionDate=("2025-11-02", FACT)), dates(completionDate=("2024-11-11", FACT))
    )
    assert telling.means.endswith("The day given before, perhaps by us too, no longer holds.")
    assert shown_lines(telling) == [
        (
            "End of the study",
            "2 November 2025 (actual) → 11 November 2024 (actual); about 11.5 months earlier",
        )
    ]
    assert telling.asks == ()


def with_part(section, **parts):
    made = record(overallStatus="RECRUITING")
    home = made if section.endswith("Section") else made["protocolSection"]
    home.setdefault(section, {}).update(parts)
    return made


def test_a_move_of_a_few_days_alarms_nobody():
    before = dates(startDate=("2028-06-01", PLAN), completionDate=("2028-09-01", PLAN))
    after = dates(startDate=("2028-06-03", PLAN), completionDate=("2028-09-03", PLAN))
    telling = telling_of(before, after)
    assert telling.means.endswith("planned dates of this study moved by a few days.")
    assert [line.label for line in telling.lines] == ["Start", "End of the study"]
    assert telling.asks == ()


def test_a_day_that_came_as_planned_is_said_once():
    telling = telling_of(
        dates(completionDate=("2026-11-02", PLAN)), dates(completionDate=("2026-11-02", FACT))
    )
    assert telling.means.endswith("this study ended on 2 November 2026.")
    assert telling.lines == ()


def test_a_title_that_is_new_in_most_of_its_words_is_shown_whole():
    titles = [
        "Study of Oral Camomile in Recurrent or Lasting Knee Pain",
        "The TEAPOT Study: Camomile for Knees",
    ]
    telling = telling_of(*({"briefTitle": title} for title in titles))
    assert shown_lines(telling) == list(zip(("Before", "Now"), titles, strict=True))
    assert {run.mark for line in telling.lines for run in line.runs} == {Mark.PLAIN}


def test_a_study_that_never_opened_is_asked_whether_it_has_started():
    assert status("NOT_YET_RECRUITING", "UNKNOWN").asks == (Ask.HAS_STARTED,)
    assert status("RECRUITING", "UNKNOWN").asks == (Ask.STILL_GOING,)


def test_of_two_pieces_of_advice_the_one_that_says_more_is_given():
    assert in_season([Ask.JOIN, Ask.CALL_TEAM]) == (Ask.JOIN,)
    assert in_season([Ask.CALL_TEAM]) == (Ask.CALL_TEAM,)
    both = sections(ENGLISH, (Ask.DATES, Ask.QUESTION))
    assert [len(section.sentences) for section in both] == [1, 1]


def told_of(before, after):
    entry = mails.entry(before, after)
    tellings = tell(ENGLISH, entry.study, entry.told, ZONE)
    assert mails.renderer().render(mails.letter(entry)).told
    return tellings


def test_one_edit_in_many_measures_is_one_line():
    """A time frame in three main and twenty further measures, and one description besides."""

    def measures(frame, description):
        main = [{"measure": f"Score {letter}", "timeFrame": frame} for letter in "ABC"]
        further = [{"measure": f"Sum {letter}", "timeFrame": frame} for letter in "DEFGHIJKLMNOPQRSTUVW"]
        further[0]["description"] = description
        return with_part("outcomesModule", primaryOutcomes=main, secondaryOutcomes=further)

    (telling,) = told_of(measures("12 weeks", "One"), measures("24 weeks", "Two"))
    assert telling.means.endswith("the words for the measures have changed.")
    assert shown_lines(telling) == [
        ("About", "3 main measures, 20 further measures"),
        ("Before", "Time frame: 12 weeks"),
        ("Now", "Time frame: 24 weeks"),
        ("About", "Sum D"),
        ("Before", "One"),
        ("Now", "Two"),
    ]


WORDS = "Participants take tea until the pain is gone, as judged by the {who}, or for as long as they wish to, and {n} cups at most."


def test_one_edit_of_long_texts_is_told_once_with_its_words_marked():
    def arms(who):
        return with_part(
            "armsInterventionsModule",
            armGroups=[
                {
                    "label": f"Arm {n}",
                    "description": (WORDS + " They write down how it was.").format(who=who, n=n) * 2,
                }
                for n in range(3)
            ],
        )

    (telling,) = told_of(arms("study doctor"), arms("person"))
    assert [label for label, _ in shown_lines(telling)] == ["About", "Before", "Now"]
    assert telling.lines[0].text == "3 groups of participants"
    assert "as judged by the study doctor, or" in telling.lines[1].text
    assert [run.text for run in telling.lines[2].runs if run.mark is Mark.CAME] == ["person", "person"]


def test_of_a_long_text_both_versions_show_what_differs_and_not_the_same_start():
    words = [f"word{letter}{number}" for number in range(4) for letter in "abcdefghijklmnop"]
    texts = [" ".join([*words[:40], *middle, *words[40:]]) for middle in (["old"], ["new"], [])]
    (telling,) = told_of(*(record(briefTitle=text) for text in texts[:2]))
    around = f"… {' '.join(words[32:40])} %s {' '.join(words[40:48])} …"
    assert shown_lines(telling) == [("Before", around % "old"), ("Now", around % "new")]
    (telling,) = told_of(*(record(briefTitle=text) for text in texts[1:]))
    assert shown_lines(telling) == [("Words taken out", around % "new")]


def test_entries_that_come_and_go_are_added_and_removed():
    (telling,) = told_of(record(), record(conditions=["Oligometastatic Cancer", "Knee Pain", "Tea Thirst"]))
    assert shown_lines(telling) == [("Removed", "ctDNA"), ("Added", "Knee Pain; Tea Thirst")]


@pytest.mark.parametrize(
    ("key", "entry", "means", "lines"),
    [
        ("references", {"pmid": "12345678", "type": "RESULT", "citation": "Holm K. Tea. J Tea 2026."},
         "a paper on the results of this study is linked now.",
         [("Added", "Holm K. Tea. J Tea 2026."), ("Link", "https://pubmed.ncbi.nlm.nih.gov/12345678/")]),
        ("references", {"pmid": "12345678", "type": "DERIVED", "citation": "Holm K. Tea."},
         "a paper that names this study is linked now. It may tell of results.",
         [("Added", "Holm K. Tea."), ("Link", "https://pubmed.ncbi.nlm.nih.gov/12345678/")]),
        ("seeAlsoLinks", {"label": "Plain Language Summary", "url": "https://example.org/p/7?a=1"}, "a summary in plain words is linked now.",
         [("Added", "Plain Language Summary"), ("Link", "https://example.org/p/7?a=1")]),
    ],
)  # fmt: skip
def test_what_lay_people_want_most_has_a_sentence_and_a_link(key, entry, means, lines):
    (telling,) = told_of(with_part("referencesModule"), with_part("referencesModule", **{key: [entry]}))
    assert telling.means.endswith(means)
    assert shown_lines(telling)[-2:] == lines
    assert telling.lines[-1].runs[0].link


def test_a_consent_form_is_named_and_linked_and_is_no_date():
    form = {"label": "Informed Consent Form", "hasIcf": True, "date": "2025-05-08", "filename": "ICF_000.pdf"}
    after = record() | {"documentSection": {"largeDocumentModule": {"largeDocs": [form]}}}
    (telling,) = told_of(record(), after)
    assert "a consent form is posted now." in telling.means
    assert shown_lines(telling) == [
        ("Added", "Informed Consent Form, 8 May 2025"),
        ("Link", "https://cdn.clinicaltrials.gov/large-docs/50/NCT97426250/ICF_000.pdf"),
    ]


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "https://a.example/ x", 'https://a.example/"onclick=', "ftp://a.example"],
)
def test_only_an_address_of_the_web_is_a_link(address):
    (telling,) = told_of(
        with_part("referencesModule"),
        with_part("referencesModule", seeAlsoLinks=[{"label": "Lay summary", "url": address}]),
    )
    assert not [run for line in telling.lines for run in line.runs if run.link]


ACCESS = {"hasExpandedAccess": True, "nctId": "NCT90000009", "statusForNctId": "AVAILABLE"}


@pytest.mark.parametrize(
    ("before", "after", "means"),
    [
        (None, ACCESS, "the treatment can be had outside this study, in a programme of its own."),
        (ACCESS, ACCESS | {"statusForNctId": "TEMPORARILY_NOT_AVAILABLE"}, "outside this study for now. It may come again."),
        (ACCESS, ACCESS | {"statusForNctId": "NO_LONGER_AVAILABLE"}, "the treatment can no longer be had outside this study."),
        (ACCESS, ACCESS | {"statusForNctId": "APPROVED_FOR_MARKETING"}, "so it is not given outside this study in this way."),
        (ACCESS, ACCESS | {"statusForNctId": "WITHHELD"}, "is kept back for now."),
        (ACCESS, {"hasExpandedAccess": False}, "the treatment can no longer be had outside this study."),
        (ACCESS, None, "the record no longer says if one can get the treatment outside this study."),
        (ACCESS, ACCESS | {"statusForNctId": "SOMETHING_NEW"}, "whether the treatment can be had outside the study."),
    ],
)  # fmt: skip
def test_access_outside_a_study_is_said_in_words(before, after, means):
    (telling,) = told_of(record(expandedAccessInfo=before), record(expandedAccessInfo=after))
    assert telling.means.endswith(means)
    assert telling.weight is Weight.IMPORTANT
    assert shown_lines(telling) == [("Its own record", "https://clinicaltrials.gov/study/NCT90000009")]
    assert Ask.WAITING not in telling.asks


@pytest.mark.parametrize(
    ("before", "after", "means", "lines"),
    [
        (None, "2026-02-19", "the study team asked to post the results later.", [("Asked on", "19 February 2026")]),
        ("2026-02-19", "2026-03-19", "the study team asked to post the results later.", [("Asked on", "19 March 2026")]),
        ("2026-02-19", None, "the entry on posting the results later changed.", []),
    ],
)  # fmt: skip
def test_results_on_their_way_are_said_without_the_registrys_names_for_it(before, after, means, lines):
    (telling,) = told_of(record(dispFirstSubmitDate=before), record(dispFirstSubmitDate=after))
    assert (telling.means.endswith(means), shown_lines(telling)) == (True, lines)


def test_a_team_that_need_not_post_results_did_not_ask_to_post_them_later():
    (telling,) = told_of(record(), record(resultsWaived=True))
    assert telling.means.endswith("the study team says that it need not post results there.")


def test_an_end_that_comes_nearer_is_no_postponement():
    before, after = record(), record(primaryCompletionDateStruct={"date": "2028-05", "type": "ESTIMATED"})
    (telling,) = said(mails.letter(mails.entry(before, after)))
    assert "planned for earlier" in telling.means
    assert telling.lines[-1].text == "1 month earlier"


def test_a_date_that_came_true_is_said_as_a_fact():
    before, after = record(), record(startDateStruct={"date": "2026-09-14", "type": "ACTUAL"})
    (telling,) = said(mails.letter(mails.entry(before, after)))
    assert telling.means.endswith("this study started on 14 September 2026.")
    assert shown_lines(telling) == [("Start", "September 2026 (planned) → 14 September 2026 (actual)")]
    assert telling.asks == ()


@pytest.mark.parametrize(
    ("moved", "means"),
    [
        ({"startDate": "2026-08"}, "this study started in August 2026."),
        ({"primaryCompletionDate": "2025-11-02"}, "the last main measurement of all participants was made on 2 November 2025."),
        ({"primaryCompletionDate": "2026-01-27", "completionDate": "2026-01-28"}, "this study ended on 28 January 2026."),
    ],
)  # fmt: skip
def test_a_date_that_came_true_is_told_with_its_own_day_and_not_that_of_the_entry(moved, means):
    plan = dates(**dict.fromkeys(moved, ("2027-03-31", PLAN)))
    fact = dates(**{name: (date, FACT) for name, date in moved.items()})
    assert telling_of(plan, fact).means.endswith(f"(12 January 2027), {means}")


@pytest.mark.parametrize(
    ("steps", "headline"),
    [
        ([("RELEASE", "2026-01-23")], "were sent to the registry"),
        ([("RELEASE", "2026-01-23"), ("RESET", "2026-02-09")], "were sent back for corrections"),
        (
            [("RELEASE", "2026-01-23"), ("RESET", "2026-02-09"), ("RELEASE", "2026-03-01")],
            "were sent to the registry",
        ),
        ([("RELEASE", "2026-01-23"), ("UNRELEASE", "2026-01-30")], "were sent in and taken back"),
    ],
)
def test_of_steps_towards_results_the_last_one_is_the_news(steps, headline):
    events = [{"type": sort, "date": day} for sort, day in steps]
    annotation = {"unpostedAnnotation": {"unpostedEvents": events}}
    (telling,) = told_of(record(), record() | {"annotationSection": {"annotationModule": annotation}})
    assert telling.headline.startswith(f"Results of a study you follow {headline}")


def test_a_study_on_hold_is_said_to_be_so_as_a_whole_and_a_bare_reason_is_not_left_alone():
    telling = status("RECRUITING", "SUSPENDED", whyStopped="FDA")
    assert "the whole study is on hold" in telling.means
    assert telling.notes == (
        "The FDA decides on drugs in the United States.",
        "The record says no more about the reason.",
    )
    assert status("RECRUITING", "SUSPENDED", whyStopped="Slow to find people").notes == ()


def test_a_study_that_stopped_is_said_once_not_to_start_again():
    (telling,) = said(mails.stops_early())
    advice = [sentence for each in sections(ENGLISH, telling.asks) for sentence in each.sentences]
    assert not any("start again" in sentence for sentence in advice)


@pytest.mark.parametrize(
    ("sort", "means"),
    [
        ("NO_INTERVENTION", "a group. It was made of people who do not get what the study tries."),
        (
            "PLACEBO_COMPARATOR",
            "a group. It was made of people who get a placebo, which has no active substance.",
        ),
        (None, "no longer lists some of its groups of participants."),
    ],
)
def test_of_a_group_that_is_gone_it_is_said_who_was_in_it(sort, means):
    arms = [{"label": "Arm A", "type": "EXPERIMENTAL"}, {"label": "Arm B", "type": sort}]
    before, after = record(), record()
    for each, listed in ((before, arms), (after, arms[:1])):
        each["protocolSection"]["armsInterventionsModule"] = {"armGroups": listed}
    (telling,) = told_of(before, after)
    assert telling.means.endswith(means)


def test_a_company_with_another_name_is_not_told_as_a_number_of_the_registry():
    before, after = record(), record()
    for each, name in ((before, "BeiGene"), (after, "BeOne Medicines")):
        each["protocolSection"]["identificationModule"]["organization"] = {"fullName": name}
    (telling,) = told_of(before, after)
    assert telling.means.endswith("the firm or clinic that keeps this record has another name.")


def test_a_single_place_is_told_by_its_name():
    (telling,) = said(mails.place_opens_and_closes())
    assert ("New, and looking for participants", "Rigshospitalet, Copenhagen, Denmark") in [
        (line.label, line.text) for line in telling.lines
    ]
    assert ("Not listed any more", "Odense University Hospital, Odense, Denmark") in [
        (line.label, line.text) for line in telling.lines
    ]
    assert "The record does not say why." in telling.notes


def test_many_places_are_counted_by_country():
    entry = mails.place_opens_and_closes().entries[1]
    (telling,) = tell(ENGLISH, entry.study, entry.told, ZONE)
    assert [(line.label, line.text) for line in telling.lines] == [
        (
            "New, and looking for participants",
            "5 places. Germany: Klinikum Kiel, Klinikum Bremen, Klinikum Ulm, Klinikum Jena, Klinikum Bonn",
        ),
        ("Still looking for participants", "2 other places"),
    ]
    assert telling.means.endswith("the study lists new places as looking for participants.")


LOCATIONS = "protocolSection.contactsLocationsModule.locations"


def place(city, country="Norway", **changes):
    return {
        "facility": f"{city} Hospital",
        "city": city,
        "country": country,
        "status": "RECRUITING",
    } | changes


def test_a_town_that_is_its_country_is_named_once():
    new = [place("Singapore", "Singapore", facility=f"Research Site {one}") for one in "ABCD"]
    assert of_places([], new)[0] == [
        (
            "New, and looking for participants",
            "4 places. Research Site A, Research Site B, Research Site C, Research Site D",
        )
    ]


def test_a_bracket_that_the_record_left_open_is_closed():
    assert person({"phone": "+81 3 6225 (M-F 9-5 JST"}) == "+81 3 6225 (M-F 9-5 JST)"


def of_places(before, after, **changes):
    """What is said where the list of places went from one to the other, as (label, text)."""
    entry = mails.entry(
        record(overallStatus="RECRUITING", locations=before),
        record(overallStatus="RECRUITING", locations=after, **changes),
    )
    (telling,) = tell(ENGLISH, entry.study, entry.told, ZONE)
    assert mails.renderer().render(mails.letter(entry)).told  # every number in it is known to the gate
    return [(line.label, line.text) for line in telling.lines], telling


TOWNS = [
    "Oslo", "Bergen", "Bodø", "Moss", "Hamar", "Voss", "Narvik", "Alta", "Molde", "Skien", "Halden", "Larvik",
]  # fmt: skip


def test_places_that_take_people_stand_apart_by_town_and_country():
    new = [place("Oslo"), place("Bergen"), place("Oslo", facility="Another"), place("Lund", "Sweden")]
    soon = [place(town, status="NOT_YET_RECRUITING") for town in ("Alta", "Voss", "Molde", "Skien")]
    lines, telling = of_places([place("Moss")], [*soon, *new, place("Moss")])
    assert lines == [
        ("New, and looking for participants", "4 places. Norway: Oslo (2), Bergen; Sweden: Lund"),
        ("New, not open yet", "4 places. Norway: Alta, Voss, Molde, Skien"),
        ("Still looking for participants", "1 other place"),
    ]
    assert set(telling.derived) == {"4", "1", "2"}


@pytest.mark.parametrize(
    ("many", "counted", "named"), [(12, False, False), (13, True, False), (12, False, True)]
)
def test_above_twelve_places_are_counted_and_the_full_list_is_on_our_page(many, counted, named):
    towns = [*TOWNS, "Lillehammer"][:many]
    name = {} if named else {"facility": "Research Site"}
    waiting = [place(town, status="NOT_YET_RECRUITING", **name) for town in towns]
    (line,), telling = of_places(waiting, [place(town, **name) for town in towns])
    shown = f"{many} places: Norway ({many})" if counted else f"{many} places. Norway: {', '.join(towns)}"
    assert line == ("Looking for participants now", shown)
    assert ("The full list of places is on the study's page." in telling.notes) is (counted or named)
    assert ("The record names the towns, not the places." in telling.notes) is not (counted or named)


def test_what_happened_to_one_place_is_one_line():
    """Opened, named otherwise, and at another post code."""
    before = place("Oslo", facility="Research Site", zip="0450", status="NOT_YET_RECRUITING")
    after = place(
        "Oslo", facility="Ullevål Hospital", zip="0450", contacts=[{"name": "Kari", "phone": "555-0177"}]
    )
    lines, telling = of_places([before], [after])
    assert lines == [
        ("Looking for participants now", "Ullevål Hospital, Oslo, Norway (before: Research Site)"),
        ("Contact there", "Kari, 555-0177"),
    ]
    assert telling.headline.startswith("A place is now listed as looking for participants")


def test_a_place_that_opened_and_closed_since_the_last_mail_is_told_as_it_stands():
    steps = [place("Oslo", status=code) for code in ("NOT_YET_RECRUITING", "RECRUITING", "COMPLETED")]
    moves = [
        Change(site_move(a["status"], b["status"]).kind, Weight.NOTABLE, LOCATIONS, a, b)
        for a, b in pairwise(steps)
    ]
    (telling,) = tell(ENGLISH, study(), told(moves, study()), ZONE)
    assert telling.lines[0].text == "Oslo Hospital, Oslo, Norway (Not yet recruiting → Completed)"
    assert [line.label for line in telling.lines[1:]] == ["Still looking for participants"]


def test_where_several_things_happened_what_matters_most_leads():
    lines, telling = of_places([place("Oslo"), place("Moss", status="SUSPENDED")], [place("Moss")])
    assert [label for label, _ in lines] == ["Looking for participants again", "Not listed any more"]
    assert telling.means.endswith("a place is listed as open again.")
    assert telling.headline.endswith("The study also no longer lists a place.")


def test_one_gone_and_one_new_in_one_town_may_be_the_same_place():
    gone, new = place("Moss", facility="Assistance"), place("Moss", facility="Timone")
    sentence = "In Moss one place is not listed any more and another one is listed now. "
    sentence += "The record does not say whether they are one."
    assert sentence in of_places([place("Oslo"), gone], [place("Oslo"), new])[1].notes
    other = place("Alta", facility="Timone")
    assert sentence not in of_places([place("Oslo"), gone], [place("Oslo"), other])[1].notes


def test_places_of_one_town_that_fare_differently_are_told_apart():
    def two(*states, **names):
        return [
            place("Moss", zip=code, status=state, **names)
            for code, state in zip(("1501", "1502"), states, strict=True)
        ]

    waiting, moved = ("NOT_YET_RECRUITING",) * 2, ("RECRUITING", "WITHDRAWN")
    lines, _ = of_places(*(two(*states, facility="Research Site") for states in (waiting, moved)))
    assert [text.partition(" (Not")[0] for _, text in lines] == ["Moss, 1501, Norway", "Moss, 1502, Norway"]


def test_every_new_place_is_told_also_those_that_take_nobody():
    new = [place("Oslo"), place("Moss", status="COMPLETED")]
    lines, _ = of_places([place("Alta")], [place("Alta"), *new])
    assert lines[:2] == [
        ("New, and looking for participants", "Oslo Hospital, Oslo, Norway"),
        ("New in the list, but not looking for participants", "Moss Hospital, Moss, Norway (Completed)"),
    ]


def test_a_new_place_that_is_not_open_yet_stands_behind_what_closed():
    before = [place("Oslo"), place("Moss")]
    after = [place("Oslo", status="COMPLETED"), place("Moss"), place("Alta", status="NOT_YET_RECRUITING")]
    lines, telling = of_places(before, after)
    assert telling.headline == "A place no longer looks for participants in a study you follow."
    assert [label for label, _ in lines][-2:] == ["New, not open yet", "Still looking for participants"]
    (alone,) = of_places([place("Oslo")], [place("Oslo"), after[-1]])[1:]
    assert alone.headline.startswith("A new place, not open yet,")
    assert (telling.asks, alone.asks) == ((Ask.STILL_TREATED, Ask.WHICH_PLACES), (Ask.WHICH_PLACES,))


@pytest.mark.parametrize(
    ("people", "central", "ask"),
    [
        ([{"name": "Kari", "phone": "555-0177"}], [], Ask.CALL_PLACE),
        ([], [mails.CONTACT], Ask.CALL_TEAM),
        ([], [], Ask.PLACES),
    ],
)
def test_nobody_is_told_to_call_where_the_mail_has_no_number(people, central, ask):
    new = place("Moss", contacts=people)
    before, after = (
        record(overallStatus="RECRUITING", locations=listed, centralContacts=central)
        for listed in ([place("Oslo")], [place("Oslo"), new])
    )
    (telling,) = told_of(before, after)
    assert telling.asks == (ask,)


def test_a_name_that_stands_for_none_and_a_contact_that_the_mail_has_are_not_said_again():
    new = place("Oslo", facility="Research Site", contacts=[mails.CONTACT])
    assert of_places([], [new])[0] == [("New, and looking for participants", "Oslo, Norway")]


def test_a_corrected_address_shows_what_was_corrected():
    lines, _ = of_places([place("Oslo", zip="0450")], [place("Oslo", zip="0370")])
    assert lines == [("Address changed", "Oslo Hospital, Oslo, 0370, Norway (before: post code 0450)")]


def test_rules_are_told_line_by_line_with_their_heading_and_marked_words():
    lines = said(mails.who_can_join())[0].lines
    assert [(line.label, line.text) for line in lines] == [
        ("Removed", "[Inclusion Criteria] No prior immunotherapy"),
        ("Added", "[Exclusion Criteria] Immunotherapy in the last 6 months"),
        ("Changed, before", "[Inclusion Criteria] Age >= 18 years"),
        ("Changed, now", "[Inclusion Criteria] Age >= 18 to 75 years"),
    ]
    assert [run.text for run in lines[-1].runs if run.mark is Mark.CAME] == ["to 75"]


def test_a_rule_that_goes_to_the_other_heading_is_told_as_moved():
    texts = [
        mails.CRITERIA,
        mails.CRITERIA.replace("* No prior immunotherapy\n", "") + "\n* No prior immunotherapy",
    ]
    before, after = (record(eligibilityCriteria=text) for text in texts)
    (telling,) = said(mails.letter(mails.entry(before, after)))
    assert [(line.label, line.text) for line in telling.lines] == [
        ("Moved", "No prior immunotherapy, from Inclusion Criteria to Exclusion Criteria")
    ]


def test_a_new_study_says_what_a_reader_wants_to_know_first_and_its_conditions_last():
    (telling,) = said(mails.new_study())
    assert telling.quotes == ()
    assert [(line.label, line.text) for line in telling.lines] == [
        ("The question", "Can a blood test find the cancer early?"),
        ("Ages", "From 18 years"),
        ("Sex", "Women and men"),
        ("Places", "Aarhus (Denmark), Odense (Denmark)"),
        ("Status", "Not yet recruiting (has not started looking for participants yet)"),
        ("Size", "500 people planned"),
        ("First posted", "12 January 2027"),
        ("You follow", "oligometastatic cancer"),
        ("Conditions", "Oligometastatic Cancer, ctDNA"),
    ]
    assert telling.notes[0] == "It does not test a treatment. It watches and measures (observational)."


HOMES = {
    "conditions": "conditionsModule",
    "interventions": "armsInterventionsModule",
    "locations": "contactsLocationsModule",
    "maximumAge": "eligibilityModule",
    "minimumAge": "eligibilityModule",
    "overallStatus": "statusModule",
    "phases": "designModule",
    "sex": "eligibilityModule",
}


def a_new_study(near=None, language="en", **fields):
    made = record()
    for key, value in fields.items():
        made["protocolSection"].setdefault(HOMES[key], {})[key] = value
    study = decode(json.dumps(made).encode())
    found = mails.told([Change(Kind.NEW_STUDY, Weight.NOTABLE, "")], study, condition="cancer")
    (telling,) = tell(speech(language), study, found, ZONE, near=near)
    return {line.label: line.text for line in telling.lines}, telling.derived


def site(city, lat, country="Denmark"):
    return {"city": city, "country": country, "geoPoint": {"lat": lat, "lon": 10.0}}


def test_a_new_study_names_four_towns_the_nearest_first_and_counts_the_others():
    sites = [
        site("Far", 20, "Chad"),
        site("Near", 55),
        site("Mid", 50),
        site("Nearer", 55.2),
        site("South", 0),
        site("Near", 55),
    ]
    lines, derived = a_new_study(Near("here", Circle(55.3, 10.0, 500)), locations=sites)
    assert lines["Places"] == "Nearer (Denmark), Near (Denmark), Mid (Denmark), Far (Chad) and 1 more"
    assert derived == ("10", "6", "1")  # how near the nearest of how many is, and how many more there are
    assert a_new_study(locations=sites)[0]["Places"].startswith("Far (Chad), Near (Denmark)")


def test_a_new_study_names_three_conditions_and_three_things_that_it_tries():
    many = [f"Illness {letter}" for letter in "ABCDE"]
    tried = [{"name": f"Tea {letter}", "type": "DRUG"} for letter in "ABCD"]
    lines, derived = a_new_study(conditions=many, interventions=tried)
    assert lines["Conditions"] == "Illness A, Illness B, Illness C and 2 more"
    assert lines["What is tried"] == "Tea A, Tea B, Tea C and 1 more"
    assert derived == ("1", "2")


def test_a_new_study_has_no_row_for_what_does_not_apply():
    assert "Phase" not in a_new_study(phases=["NA"])[0]
    assert a_new_study(phases=["PHASE2"])[0]["Phase"] == "Phase 2"


@pytest.mark.parametrize(
    ("age", "said_as"), [("18 Years", "From 18 years"), ("1 Month", "From 1 month"), ("Adult", "From Adult")]
)
def test_ages_are_said_in_our_words_where_they_are_ages(age, said_as):
    assert a_new_study(minimumAge=age, maximumAge=None)[0]["Ages"] == said_as


def test_in_another_language_a_new_study_has_our_words_alone():
    lines, _ = a_new_study(
        language="de", minimumAge="18 Years", maximumAge="75 Years", overallStatus="RECRUITING", sex="FEMALE"
    )
    assert lines["Alter"] == "Ab 18 Jahre bis 75 Jahre"
    assert lines["Geschlecht"] == "Frauen"
    assert "Recruiting" not in lines["Status"]


def test_an_older_study_says_when_it_was_first_posted():
    (telling,) = said(mails.now_listed())
    assert ("First posted", "2 May 2024") in [(line.label, line.text) for line in telling.lines]
    assert "It is not new: its date of first posting stands above." in telling.notes


def test_capitals_that_are_no_code_stay_as_they_are():
    entry = one(Kind.INTERVENTION_ADDED, None, {"type": "DRUG", "name": "AZD2936"})
    (telling,) = tell(ENGLISH, entry.study, entry.told, ZONE)
    assert telling.lines[0].text == "AZD2936 (Type: Drug)"


def test_an_edited_entry_shows_only_what_differs():
    before = {"label": "Arm A", "type": "EXPERIMENTAL", "description": "Two cups a day"}
    entry = one(Kind.ARM_CHANGED, before, before | {"description": "Three cups a day"})
    (telling,) = tell(ENGLISH, entry.study, entry.told, ZONE)
    assert [(line.label, line.text) for line in telling.lines] == [
        ("About", "Arm A"),
        ("Before", "Two cups a day"),
        ("Now", "Three cups a day"),
    ]


def test_results_are_not_explained():
    (telling,) = said(mails.results_posted())
    assert "They have not been explained here." in telling.notes


def with_results(section):
    after = with_part(
        "referencesModule", seeAlsoLinks=[{"label": "Lay summary", "url": "https://example.org/lay"}]
    )
    before = with_part(
        "referencesModule", seeAlsoLinks=[{"label": "Lay summary", "url": "https://example.org/lay"}]
    )
    (telling,) = told_of(before, after | {"hasResults": True, "resultsSection": section})
    return telling


def test_posted_results_are_shown_as_the_record_states_them():
    telling = with_results(POSTED)
    tables = [
        (table.title.partition(" (")[0], [(name.text, value.text) for name, value in table.rows])
        for table in telling.tables
    ]
    assert tables == [
        ("How many people began", [("Camomile tea", "60"), ("Warm water", "60"), ("In all", "120")]),
        (
            "Main measure",
            [
                ("Camomile tea", "Mean: 3.1 points (95% Confidence Interval: 2.8 to 3.4), of 58 people"),
                ("Warm water", "Mean: 3.3 points (95% Confidence Interval: 0.4), of 57 people"),
                (
                    "Compared: Camomile tea; Warm water",
                    "Mean Difference: -0.2; confidence interval (95 %): -0.6 to 0.2; p-value: 0.31; ANCOVA",
                ),
            ],
        ),
        (
            "People with serious events",
            [("Camomile tea", "5 of 60 people"), ("Warm water", "2 of 60 people")],
        ),
    ]
    assert all(table.title.endswith("(as posted; not explained by us)") for table in telling.tables)
    assert [line.text for line in telling.lines] == [
        f"https://clinicaltrials.gov/study/{mails.NCT}?tab=results",
        "https://example.org/lay",
    ]
    assert telling.notes == ("They have not been explained here.",)


@pytest.mark.parametrize("language", ["en", "da", "de"])
def test_the_tables_of_results_stand_in_both_parts_of_a_mail(language):
    before = record(overallStatus="COMPLETED")
    entry = mails.entry(before, before | {"hasResults": True, "resultsSection": POSTED})
    rendered = mails.renderer().render(mails.letter(entry, language=language))
    assert "    Camomile tea: 60\n" in rendered.text
    assert rendered.html.count("<tr><th") == 8
    assert rendered.html.count('scope="row"') == 8
    assert "0.31" in rendered.html


def test_a_measure_with_several_numbers_claims_no_analysis_and_says_that_there_is_more():
    classes = [{"title": f"Week {n}"} | MEASURE["classes"][0] for n in range(7)]
    telling = with_results({"outcomeMeasuresModule": {"outcomeMeasures": [MEASURE | {"classes": classes}]}})
    ((*_, (name, _)),) = (table.rows for table in telling.tables)
    assert name.text == "Warm water: Week 5"
    assert telling.notes[0] == "The record has more numbers on its main measures."


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"participantFlowModule": []},
        {"participantFlowModule": {"groups": [7], "periods": [{"milestones": [{"type": "STARTED", "achievements": 3}]}]}},
        {"outcomeMeasuresModule": {"outcomeMeasures": [{"type": "PRIMARY", "classes": [{"categories": [{"measurements": [None]}]}]}]}},
        {"outcomeMeasuresModule": {"outcomeMeasures": [MEASURE | {"groups": [], "analyses": [{"groupIds": 5}]}]}},
        {"adverseEventsModule": {"eventGroups": [{"title": "A", "seriousNumAffected": 9, "seriousNumAtRisk": 3}]}},
        {
            "participantFlowModule": {
                "groups": GROUPS,
                "periods": [
                    {
                        "milestones": [
                            {"type": "STARTED", "achievements": [{"groupId": "G1", "numSubjects": "²"}]}
                        ]
                    }
                ],
            }
        },
    ],
)  # fmt: skip
def test_results_that_are_not_as_described_are_linked_all_the_same(broken):
    telling = with_results(broken)
    assert telling.tables == ()
    assert len(telling.lines) == 2


def test_digests_of_results_are_never_shown():
    entry = one(Kind.RESULTS_UPDATED, "sha256:aa11", "sha256:bb22", "resultsSection.adverseEventsModule")
    (telling,) = tell(ENGLISH, entry.study, entry.told, ZONE)
    assert [line.text for line in telling.lines] == ["Adverse events"]


def test_bad_news_stands_without_other_offers():
    asks = in_season((Ask.STOPPED, Ask.DATES, Ask.QUESTION, Ask.JOIN))
    headings = [section.heading for section in sections(ENGLISH, asks)]
    assert headings == ["If you take part in this study", "What happens next"]


@pytest.mark.parametrize("kind", sorted(STATUS_KINDS))
def test_every_status_change_says_what_one_can_do(kind):
    assert sections(ENGLISH, SENTENCES[kind].asks)


def test_text_of_the_registry_is_made_harmless_without_losing_a_word():
    assert shown("Age \\<18 &amp; ECOG &lt;2\u202e\u200b\x07 caf\u0065\u0301\r\n* two") == (
        "Age <18 & ECOG <2  café\n* two"
    )


def test_dates_are_said_as_exactly_as_they_are_published():
    assert [ENGLISH.date(text) for text in ("2029-03", "2029-03-05", "2029", "2029-13", "soon")] == [
        "March 2029",
        "5 March 2029",
        "2029",
        "2029-13",
        "soon",
    ]
    assert speech("de-AT").date("2029-03-05") == "5. März 2029"
    assert speech("fr").date("2029-03-05") == "5 March 2029"
    assert speech("da").number(1200) == "1.200"


def test_a_number_beyond_all_reckoning_is_said_as_it_stands():
    assert ENGLISH.number(10**30) == "1" + 30 * "0"


def test_of_many_places_those_near_the_reader_are_named_first():
    sites = [{"facility": f"Hospital {n}", "city": "Köln", "country": "Germany"} for n in range(8)]
    sites.append({"facility": "Fjord Hospital", "city": "Bergen", "country": "Norway"})
    path = "protocolSection.contactsLocationsModule.locations"
    opened = [Told(Change(Kind.SITE_ADDED, Weight.NOTABLE, path, None, site), SEEN) for site in sites]
    (telling,) = tell(ENGLISH, study(), opened, ZONE, near=Near("norway "))
    assert [line.text for line in telling.lines] == [
        "Fjord Hospital, Bergen, Norway",
        "9 places. Germany: Köln (8); Norway: Bergen",
        "Not yet recruiting (has not started looking for participants yet)",
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("First line of email MUST contain NCT # and Site #.", "555-0100, a@example.org (“First line of email MUST contain NCT # and Site #.”)"),
        ("Reference Study ID Number: BP41315", "555-0100, a@example.org (“Reference Study ID Number: BP41315”)"),
        ("S Fadilah Abdul Wahid, MD, PhD", "S Fadilah Abdul Wahid, MD, PhD, 555-0100, a@example.org"),
        ("Clinical Study Information Center", "Clinical Study Information Center, 555-0100, a@example.org"),
    ],
)  # fmt: skip
def test_a_note_that_stands_as_a_name_is_no_person(name, said):
    assert person({"name": name, "phone": "555-0100", "email": "a@example.org"}) == said


@pytest.mark.parametrize(
    ("extension", "number"),
    [
        ("+33", "+33 5 49 44 42 93"),
        (" +1 ", "+1 5 49 44 42 93"),
        ("33", "5 49 44 42 93 ext. 33"),
        ("+4412", "5 49 44 42 93 ext. +4412"),
    ],
)
def test_a_country_code_that_stands_as_an_extension_leads_the_number(extension, number):
    assert person({"phone": "5 49 44 42 93", "phoneExt": extension}) == number
