"""What stands in a read in the study team's words, a plain sentence that tells something new or none, and which of its words are explained."""

import pytest

from notifier.domain.summaries.words_explained import definitions
from tests.domain.test_reads_by_rules import ASTHMA, SINGLE, TREATMENT, X, Z, arms, read, said

ONE = TREATMENT | ASTHMA | arms(("X", "EXPERIMENTAL", [X])) | SINGLE
AIM = "The purpose of this study is to evaluate the efficacy, safety and tolerability of Xamib in subjects with asthma."
WHAT = "The spray called Xamib consists of a small bottle and a mouthpiece for children."
GOAL = "The goal of this study is to learn if Xamib lets children with asthma sleep through the night."
LONG_GOAL = (
    "The purpose of this study is to find out if walking with a nurse every morning, with a friend each evening and alone at the end of the week "
    "lets people with asthma sleep longer at home than walking alone on one day of the week does."
)
HARD = "The objective is to characterise pharmacokinetics, immunogenicity and bronchoprovocation in asthma (FEV1, FeNO, PC20)."
DO = "Children will breathe in Xamib each morning and keep a diary."


def quoted(summary, **more):
    return read(**ONE | {"briefSummary": summary} | more).quote


@pytest.mark.parametrize(
    ("summary", "quote"),
    [
        # A purpose that says more than title and question, before what it is that is tried; a plainer one before a hard one.
        (f"{WHAT} {GOAL}", f"{WHAT} {GOAL}"),
        (f"{GOAL} The bronchoprovocation (FEV1, FeNO) shows inhomogeneity. {WHAT}", GOAL),
        (f"The objective is to characterise immunogenicity and bronchoprovocation in asthma (FEV1, FeNO, PC20). It began in spring. {GOAL}", GOAL),
        (f"We will find out if the lungs of people with asthma are wide in the morning. It began in spring. {GOAL}", GOAL),
        # What it is that is tried and what people do, before a purpose that the question tells already.
        (f"{AIM} {WHAT}", WHAT),
        (f"{AIM} {DO}", DO),
        (f"{DO} {WHAT}", f"{DO} {WHAT}"),
        (AIM, AIM),
        # A long purpose; what the team hopes to learn.
        (LONG_GOAL, LONG_GOAL),
        ("We hope to understand more of the reasons for asthma by watching children at play.",) * 2,
        # What nobody can read is not quoted.
        (HARD, ""),
        # Else the first plain sentence on the study, then one on the illness.
        ("This registry collects the letters of children with asthma.",) * 2,
        ("Asthma is an illness of the small tubes of the lungs.",) * 2,
        (f"Asthma is an illness of the small tubes of the lungs. {GOAL}", GOAL),
        # How a study is run is no aim; nor is a further aim, or what speaks of another thing.
        ("To account for variability, we plan to enroll a total of 100 children with asthma.", ""),
        ("For asthma at three years of age, we will harmonize study protocols with similar studies.", ""),
        ("Children will be fully informed about the hospital and the garden.", ""),
        ("Participants will be recruited in the schools and gardens of the town.", ""),
        ("The exploratory objective is to learn how children with asthma sleep at school.", ""),
        ("Evaluate the letters and the gardens as needed.", ""),
        # One of several aims stands behind the first.
        (GOAL.replace("The goal of this study is to learn", "To learn"),) * 2,
        (f"{GOAL} It began in spring. To learn if Xamib is taken at school in winter.", GOAL),
        # Only how it is built; and what is asked besides, which stands behind a heading of its own.
        ("This study is a single-center, retrospective, cross-sectional study.", ""),
        ("The secondary objectives of the study are :\n1. To learn if children with asthma sleep in winter.", ""),
        ("This is a multicenter, randomized, open-label phase II study to evaluate the efficacy of Xamib in subjects with asthma.", ""),
        ("The purpose of this open-label, single-arm phase II study is to evaluate the efficacy of Xamib in subjects with asthma.",) * 2,
        # What leads over to the aim is left out, and the end of one that is too long.
        (f"Nobody knows that yet, so {GOAL[0].lower()}{GOAL[1:]}", f"… {GOAL[0].lower()}{GOAL[1:]}"),
        (f"{GOAL[:-1]}, and to find out what {'their friends and neighbours or ' * 9}teachers think of it in the end.", f"{GOAL[:-1]} …"),
        # A sentence that lost its end.
        (f"{GOAL[:-1]} The study has two parts.", ""),
    ],
)  # fmt: skip
def test_the_plainest_and_newest_sentence_is_quoted(summary, quote):
    assert quoted(summary) == quote


@pytest.mark.parametrize(
    "never",
    [
        "Xamib is a promising spray that opens the small tubes of the lungs.",
        "Xamib is a spray that prevents attacks.",
        "Xamib may help control the asthma of children at school.",
        "Xamib is a spray that was shown to open the small tubes of the lungs.",
        "Previous studies of Xamib looked at sleep and sport of children.",
        "Therefore Xamib is a spray that opens the small tubes of the lungs.",
        "Xamib is a spray that opens the small tubes (of the lungs.",
        "Patients will be followed until their death in the hospital or at home.",
        "Xamib is a spray for sleep and sleep of children at school.",
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
    assert quoted(AIM, detailedDescription=DO) == AIM


def test_what_is_said_of_one_thing_is_not_said_of_all_that_are_tried():
    apart = ONE | arms(("X", "EXPERIMENTAL", [X]), ("Z", "EXPERIMENTAL", [Z])) | {"briefSummary": WHAT}
    assert read(**apart).quote == ""


def test_a_quotation_is_of_two_sentences_at_most_and_of_sixty_words():
    more = "Children will write down each cough, each walk, each meal and each hour of sleep in a small book that the nurses hand out."
    assert quoted(f"{DO} {more} {more}").count(".") == 2
    long = f"{more.rstrip('.')} at the end of every school week."
    assert quoted(f"{long} {long}") == long


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


def explained(title, **more):
    return {word.term: word.means for word in read(**ONE | {"briefTitle": title, "officialTitle": None, "briefSummary": AIM} | more).words}  # fmt: skip


def test_at_most_eight_words_are_explained_short_forms_before_words_that_many_can_guess():
    hard = "Chronic refractory lumbar sciatica, fibrosis, dystrophin, allodynia, scoliosis, ataxia, edema and PFS"
    told = explained("Tea", overallStatus="TERMINATED", whyStopped=hard)
    assert len(told) == 8
    assert "PFS" in told
    assert "chronic" not in told


@pytest.mark.parametrize(
    "word", ["once-daily", "overweight", "COVID-19", "randomized", "phase 1", "questionnaire"]
)
def test_words_that_everybody_knows_or_that_the_read_says_itself_are_not_explained(word):
    assert not any(
        word in term.casefold() for term in explained(f"Xamib in {word} asthma and its {word} fibrosis")
    )


def test_no_explanation_stands_in_another():
    text = f"Absolute neutrophil count (ANC) with Xamib. {AIM}"
    told = explained("Tea", detailedDescription=text, overallStatus="TERMINATED", whyStopped="ANC at the end")
    assert told["ANC"] == "Absolute neutrophil count"
    assert "germs" in told["neutrophil"]
    # The last word of a long form says what the whole is only where it is most of it.
    reason = {"overallStatus": "TERMINATED", "whyStopped": "SPE at the end"}
    told = explained("Tea", detailedDescription="Single Portal Endoscopy (SPE).", **reason)
    assert told["SPE"] == "Single Portal Endoscopy"


@pytest.mark.parametrize(
    ("text", "told", "never"),
    [
        ("Metabolism and metabolic fibrosis with Tea", "metabolism", "metabolic"),
        ("Inflammation and inflammatory fibrosis with Tea", "inflammation", "inflammatory"),
        ("Platelet-rich plasma for knees, and Platelet Rich Plasma (PRP) with Tea", "platelet-rich plasma", ", Platelet"),
    ],
)  # fmt: skip
def test_a_word_is_explained_once_in_whatever_form(text, told, never):
    terms = " ; ".join(explained("Tea", overallStatus="TERMINATED", whyStopped=text))
    assert told in terms
    assert never not in terms


@pytest.mark.parametrize(
    ("short", "long", "never"),
    [
        ("HDL", "hernia of discs, lumbar", "cholesterol"),
        ("LDH", "herniated disc", "tissue is damaged"),
        ("IRC", "independent review committee", "do not know who got what"),
    ],
)
def test_a_short_form_of_two_meanings_is_explained_by_the_records_own(short, long, never):
    told = explained(f"Xamib and {short} in Asthma", detailedDescription=f"It asks for {long}.")
    assert not any(never in means for means in told.values())


def test_how_a_study_is_built_is_explained_where_its_team_says_it():
    told = explained(
        "Tea",
        briefSummary="This is an open-label, single-arm study of Xamib in children with asthma who learn to sing at school.",
    )
    assert told["open-label"] == "everyone knows who gets what"
    assert "none to compare it with" in told["single-arm"]


def test_a_short_form_is_not_its_own_long_form():
    told = explained(
        "Tea",
        detailedDescription="GPC3-coloured TEA cells (GPC3)",
        overallStatus="TERMINATED",
        whyStopped="GPC3 at the end",
    )
    assert "GPC3-" not in told.get("GPC3", "")


def test_a_short_form_stands_for_nothing_that_begins_with_and():
    title = "Dose Escalation and Expansion Study of Xamib in Asthma"
    told = explained("Tea", officialTitle=title, primaryOutcomes=[{"measure": "AEs"}])
    assert "Expansion" not in told.get("AEs", "")


def test_a_name_that_is_explained_already_is_no_other_name():
    [tried] = ONE["interventions"]
    again = {"interventions": [tried | {"name": "Glucose Watch", "type": "DEVICE", "otherNames": ["CGM"]}], "overallStatus": "TERMINATED", "whyStopped": "Use of the Glucose Watch or of CGM"}  # fmt: skip
    told = explained("Continuous Glucose Monitoring in Asthma", **again)
    assert not any("another name" in means for means in told.values()), told


def test_a_code_is_told_by_the_name_that_the_record_has_for_it():
    named = {"briefTitle": "Xolvanar (AB1234) in Asthma"} | arms(("A", "EXPERIMENTAL", ["Drug: AB1234"]))
    told = {word.term: word.means for word in read(**ONE | named).words}
    assert told["AB1234"] == "another name for Xolvanar"
    kind = {"briefTitle": "A Humanised Antibody (AB1234) in Asthma"}
    assert "another name" not in {word.term: word.means for word in read(**ONE | named | kind).words}.get(
        "AB1234", ""
    )
    assert definitions("an amino acid based formula (AAF)")["AAF"] == "amino acid based formula"
    assert not definitions("with autoreactive chronic spontaneous urticaria (ASST)")


def test_of_a_name_behind_what_it_means_the_short_forms_alone_are_explained():
    measured = {"primaryOutcomes": [{"measure": "Forced expiratory volume (FEV1) at baseline"}, {"measure": "Zest at baseline in children"}]}  # fmt: skip
    terms = [word.term for word in read(**ONE | measured).words]
    assert "FEV1" in terms
    assert "baseline" in terms
    assert "baseline" not in [
        word.term for word in read(**ONE | {"primaryOutcomes": measured["primaryOutcomes"][:1]}).words
    ]
