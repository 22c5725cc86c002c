"""How the rehearsal's registry reads a question, and which records answer it."""

import pytest

from notifier.demo import registry as query
from notifier.demo.registry import RefusedQuestion


def a_study(number, *, title="A study", conditions=("Asthma",), **dates):
    return query.Searchable(
        {
            "protocolSection": {
                "identificationModule": {"nctId": f"NCT{number:08d}", "briefTitle": title},
                "statusModule": {
                    "overallStatus": "RECRUITING",
                    **{f"{name}DateStruct": {"date": date} for name, date in dates.items()},
                },
                "conditionsModule": {"conditions": list(conditions), "keywords": ["breath"]},
            },
            "derivedSection": {"conditionBrowseModule": {"meshes": [{"id": "D1", "term": "Chest Diseases"}]}},
        }
    )


def found(predicate, studies):
    return [int(study.nct_id[3:]) for study in studies if predicate(study)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("oligometastatic cancer", [1, 2]),
        ("OLIGOMETASTATIC", [1, 2]),
        ('"oligometastatic cancer"', [1]),
        ("(head OR lung) AND cancer", [2]),
        ("asthma OR migraine", [3, 4]),
        ("migraine OR lung cancer", [2, 4]),
        ("non-small-cell", [2]),
        ("oligo", []),
        ("cancer - lung", [2]),
        ('"cancer oligometastatic"', []),
        ("inhaler", [3]),
        ("D1", []),
        ('breath "chest diseases"', [1, 2, 3, 4]),
        ("nct00000004", [4]),
        ("recruiting", []),
        ("a b c d e f g h i j k l", []),
    ],
)
def test_condition_search(text, expected):
    studies = [
        a_study(1, conditions=["Oligometastatic Cancer", "ctDNA"]),
        a_study(2, title="Oligometastatic Lung (Non-Small-Cell)", conditions=["Cancer", "Oligometastatic"]),
        a_study(3, title="An Inhaler"),
        a_study(4, conditions=["Migraine"]),
    ]
    assert found(query.conditions(text), studies) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("cancer [lung]", "no viable alternative at input 'cancer [lung]'"),
        ('"cancer', "no viable alternative at input '\"cancer'"),
        ("cancer AND", "no viable alternative at input 'cancer AND'"),
        ("OR cancer", "no viable alternative at input 'OR cancer'"),
        ("a b c d e f g h i j k l m", "Too complicated query"),
        ("AREA[Nonsense]RANGE[MIN,MAX]", "Unknown area name: `Nonsense`"),
        ("AREA[BriefTitle]RANGE[MIN,MAX]", "Unknown area name: `BriefTitle`"),
        ("AREA[StartDate]RANGE[yesterday,MAX]", "Invalid date: `yesterday`"),
    ],
)
def test_a_question_that_cannot_be_read_is_refused(text, why):
    with pytest.raises(RefusedQuestion) as refusal:
        query.conditions(text)
    assert str(refusal.value) == f"Error parsing query in Conditions or disease: {why}"


@pytest.mark.parametrize("read", [query.terms, query.advanced])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AREA[LastUpdatePostDate]RANGE[2026-03-02,MAX]", [2, 3]),
        ("AREA[LastUpdatePostDate] RANGE[ MIN, 2026-03-02 ]", [1, 2]),
        ("AREA[LastUpdatePostDate]RANGE[2026-03-02,2026-03-02]", [2]),
        ("AREA[LastUpdatePostDate]RANGE[2026-03,2026-03]", [1, 2, 3]),
        ("AREA[LastUpdatePostDate]RANGE[2026-03-02,MAX] AND AREA[StudyFirstPostDate]RANGE[2026-02,MAX]", [3]),
        ("AREA[ResultsFirstPostDate]RANGE[MIN,MAX]", [2]),
        ("migraine AND AREA[LastUpdatePostDate]RANGE[2026-03-02,MAX]", [3]),
        ("(AREA[LastUpdatePostDate]RANGE[MIN,2026-03-01] OR migraine)", [1, 3]),
    ],
)
def test_date_ranges(read, text, expected):
    studies = [
        a_study(1, lastUpdatePost="2026-03-01", studyFirstPost="2026-01-01"),
        a_study(2, lastUpdatePost="2026-03-02", resultsFirstPost="2026-03-02"),
        a_study(3, lastUpdatePost="2026-03-03", studyFirstPost="2026-02-28", conditions=["Migraine"]),
    ]
    assert found(read(text), studies) == expected


def test_other_terms_look_into_more_fields_than_conditions():
    study = a_study(1)
    study.record["protocolSection"]["descriptionModule"] = {"briefSummary": "On spacers."}
    assert query.terms("spacers")(study)
    assert not query.conditions("spacers")(study)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nct1", "NCT00000001"),
        ("NCT000012345678", "NCT12345678"),
        ("NCT0", None),
        ("1", None),
        ("NCT1 ", None),
    ],
)
def test_canonical_id(text, expected):
    assert query.canonical_id(text) == expected
