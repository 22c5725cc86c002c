"""What stands in a read in the study team's words: a plain sentence that tells something new, whole, of this study; or none."""

import pytest

from tests.domain.test_reads_by_rules import ASTHMA, SINGLE, TREATMENT, X, arms, read, said

ONE = TREATMENT | ASTHMA | arms(("X", "EXPERIMENTAL", [X])) | SINGLE
AIM = "The purpose of this study is to evaluate the efficacy, safety and tolerability of Xamib in subjects with asthma."
WHAT = "Xamib is a spray that opens the small tubes of the lungs."
DO = "Children will breathe in Xamib each morning and keep a diary."


def quoted(summary, **more):
    return read(**ONE | {"briefSummary": summary} | more).quote


@pytest.mark.parametrize(
    ("summary", "quote"),
    [
        # What it is that is tried, before what people do, before what the study is for.
        (f"{AIM} {WHAT}", WHAT),
        (f"{AIM} {DO}", DO),
        (f"{DO} {WHAT}", f"{DO} {WHAT}"),
        # A purpose that says more than title and question, in plain words.
        ("The goal of this study is to learn if Xamib lets children with asthma sleep through the night.",) * 2,
        # Why the question matters stands near the beginning.
        ("Asthma is a common problem of children at school.",) * 2,
        # A purpose in other words than the title's is no news; nor is how the study is built.
        (AIM, ""),
        ("This is a randomized, double-blind, multicenter phase 3 study of Xamib with a ratio of 2:1.", ""),
        # A sentence that nobody can follow costs more than it tells.
        ("The objective is to characterise pharmacokinetics, immunogenicity and bronchoprovocation endpoints (FEV1, FeNO, PC20).", ""),
    ],
)  # fmt: skip
def test_the_plainest_and_newest_sentence_is_quoted(summary, quote):
    assert quoted(summary) == quote


@pytest.mark.parametrize(
    "never",
    [
        "Xamib is a promising spray that opens the small tubes of the lungs.",
        "Xamib is a spray that prevents attacks.",
        "Xamib is a spray that was shown to open the small tubes of the lungs.",
        "Previous studies of Xamib looked at sleep and sport of children.",
        "These sprays are used by children in the morning and in the evening.",
        "Xamib is a spray that opens the small tubes (of the lungs.",
        "Patients will be followed until their death in the hospital or at home.",
        "Xamib is a spray that you breathe in each morning before breakfast.",
    ],
)
def test_no_promise_no_other_study_and_no_half_of_a_sentence_is_quoted(never):
    assert quoted(never) == ""
    assert quoted(f"{never} {DO}") in {DO, ""}


def test_what_is_tried_is_looked_for_in_its_description_and_in_the_long_text():
    [tried] = ONE["interventions"]
    assert quoted(AIM, interventions=[tried | {"description": WHAT}]) == WHAT
    assert quoted(AIM, detailedDescription=f"It began in spring. {WHAT}") == WHAT
    # What people do is taken from the summary alone: a long text tells of single visits.
    assert quoted(AIM, detailedDescription=DO) == ""


def test_a_quotation_is_of_two_sentences_at_most_and_of_sixty_words():
    more = "Children will write down each cough, each walk, each meal and each hour of sleep in a small book that the nurses hand out."
    assert quoted(f"{DO} {more} {more}").count(".") == 2
    assert len(quoted(" ".join([more] * 5)).split()) <= 60


def test_what_a_question_quotes_is_not_said_again():
    summary = "The study will find out whether tea in the morning lifts the mood of people with asthma. Participants will drink two cups of tea on each day of the week."
    made = read(
        studyType="OBSERVATIONAL",
        **ASTHMA | {"briefTitle": "The Tea Registry"},
        briefSummary=summary,
        armGroups=[],
        interventions=[],
    )
    assert "“tea in the morning lifts the mood of people with asthma”" in made.question
    assert made.quote == ""
    # Nor what is told of what is done.
    assert said(made).count("Participants will drink two cups of tea") == 1
