"""Titles, questions and uses of ours in the words of people who are no doctors, and never in worse English than before."""

import pytest
from factories import a_record, raw

from notifier.domain.study import decode
from notifier.domain.summaries import quoting
from notifier.domain.summaries.lay import lay, lay_title
from notifier.domain.summaries.names import Case, first_up
from notifier.domain.summaries.tables import table
from notifier.domain.summaries.titles import titles_of, topic
from notifier.domain.summaries.voice import marked, plain
from tests.domain.test_reads_by_rules import ASTHMA, SINGLE, TREATMENT, P, X, Z, arms, read, said

ENOUGH = 40  # words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # What stands before its noun goes behind it, as far as the end of the noun can be seen.
        ("Xamib in relapsed or refractory myeloma", "Xamib in myeloma that came back or did not respond"),
        ("Xamib in refractory myeloma", "Xamib in myeloma that did not respond to treatment"),
        ("Do men with metastatic cancer live longer?", "Do men with cancer that has spread live longer?"),
        (
            "Help with unresectable recurrent solid tumors?",
            "Help with solid tumors that came back and cannot be operated on?",
        ),
        ("Xamib on postoperative recovery in women", "Xamib on recovery after the operation in women"),
        ("Can perioperative xamib ease the pain?", "Can xamib around the operation ease the pain?"),
        ("Xamib with concomitant radiotherapy in men", "Xamib with radiotherapy at the same time in men"),
        ("Pre- and postoperative pain", "Pain before and after the operation"),
        ("How do pre- and postoperative rest compare?", "How do pre- and postoperative rest compare?"),
        ("Pre- compared with postoperative rest", "Pre- compared with postoperative rest"),
        ("Xamib in pediatric leukemia", "Xamib in children with leukemia"),
        ("Locally advanced or metastatic cancer", "Advanced cancer"),
        ("Xamib for IgE-mediated food allergy", "Xamib for food allergy"),
        # What is not certain stays: joined adjectives, a name that goes on, a noun that is no illness.
        ("Relapsed or resistant leukemia", "Relapsed or resistant leukemia"),
        ("Metastatic melanoma involving the brain", "Metastatic melanoma involving the brain"),
        ("Relapsed therapy in leukemia", "Relapsed therapy in leukemia"),
        ("Postoperative pain and nausea", "Postoperative pain and nausea"),
        ("Postoperative use of xamib", "Postoperative use of xamib"),
        ("Intravenous A or intravenous B for pain", "Intravenous A or intravenous B for pain"),
        ("To prevent recurrent cancer", "To prevent recurrent cancer"),
        ("People with pediatric leukemia", "People with pediatric leukemia"),
        # What stands for a whole name does so only where it ends it, with its article where it can have one.
        ("Thromboprophylaxis for men", "Medicine against blood clots for men"),
        ("Thromboprophylaxis guidelines for men", "Thromboprophylaxis guidelines for men"),
        ("People with lumbar disc herniation", "People with a slipped disc in the lower back"),
        ("Xamib in lumbar disc herniation", "Xamib for a slipped disc in the lower back"),
        ("People with giant disc herniation", "People with giant disc herniation"),
        ("Pain in a pediatric population", "Pain in children"),
        ("Non-pharmacological treatment for pain", "Treatment without medicines for pain"),
        ("Non-pharmacological or other treatment", "Non-pharmacological or other treatment"),
        ("Xamib or treatment of physician's choice", "Xamib or treatment chosen by a doctor"),
        ("The pathogenesis of eczema", "The origin and development of eczema"),
        ("Xamib for nasal polyposis", "Xamib for nasal polyps"),
        ("Xamib against cisplatin-induced vomiting", "Xamib against vomiting from cisplatin"),
        ("Xamib in people with perennial rhinitis", "Xamib in people with year-round rhinitis"),
        ("Trigeminal autonomic cephalgia in men", "Trigeminal autonomic cephalgia in men"),
        ("Herpes zoster vaccine for men", "Herpes zoster vaccine for men"),
        ("An egfr tki for people", "An EGFR medicine for people"),
        # A name in which the word means something else is left alone, and nothing is said twice.
        ("Portal hypertension in men", "Portal hypertension in men"),
        ("High blood pressure or hypertension", "High blood pressure or hypertension"),
        # The words of others are theirs.
        ("Is it “relapsed myeloma”?", "Is it “relapsed myeloma”?"),
    ],
)
def test_terms_give_way_to_plain_words_where_that_is_good_english(text, said):
    assert lay(text, ENOUGH) == said


def test_a_text_that_would_be_too_long_keeps_its_terms():
    assert lay("Xamib in relapsed myeloma", 5) == "Xamib in relapsed myeloma"
    assert lay("Xamib in relapsed myeloma", 7) == "Xamib in myeloma that came back"


def test_in_another_language_the_registrys_words_alone_change():
    made = lay(f"Hjælper {marked('perioperative xamib')} mod smerter hos folk?", ENOUGH)
    assert plain(made) == "Hjælper xamib around the operation mod smerter hos folk?"


def test_the_table_has_each_term_once_and_known_places():
    rows = table("lay_words.tsv")
    assert len({term for term, *_ in rows}) == len(rows)
    assert {place for *_, place in rows} == {"any", "noun", "front", "behind", "clause", "keeps"}
    assert all(term == term.casefold() and (not plain) == (place == "keeps") for term, plain, place in rows)


def test_a_read_asks_in_lay_words_and_tells_what_the_record_says():
    made = read(
        **TREATMENT,
        **arms(("A", "EXPERIMENTAL", [X])),
        briefTitle="Xamib in Patients With Relapsed or Refractory Multiple Myeloma",
        conditions=["Multiple Myeloma"],
    )
    told = "multiple myeloma that came back or did not respond"
    assert told in made.title
    assert told in made.question
    assert told in made.could_lead_to[0]


@pytest.mark.parametrize(
    ("who", "title", "made"),
    [
        ({"sex": "FEMALE", "minimumAge": "18 Years"}, "Patients With Asthma", "Xamib for women with asthma"),
        ({"sex": "MALE", "minimumAge": "18 Years"}, "Patients With Asthma", "Xamib for men with asthma"),
        ({"minimumAge": "2 Years", "maximumAge": "12 Years"}, "Patients With Asthma", "Xamib for children with asthma"),
        ({"sex": "ALL", "minimumAge": "18 Years"}, "Patients With Asthma", "Xamib for asthma"),
    ],
)  # fmt: skip
def test_people_are_women_men_or_children_where_the_record_takes_them_alone(who, title, made):
    given = TREATMENT | ASTHMA | arms(("A", "EXPERIMENTAL", [X]))
    assert read(**given | {"briefTitle": f"Xamib in {title}"} | who).title == made


WATCHED = {
    "studyType": "OBSERVATIONAL", "briefTitle": "Living With Asthma", "officialTitle": None, "conditions": ["Asthma"],
    "interventions": [],
}  # fmt: skip
ONE = arms(("A", "EXPERIMENTAL", [X])) | SINGLE


def device(title, name, **measured):
    """A record of one device that is watched or tried."""
    given = {"interventions": [{"type": "DEVICE", "name": name}]}
    return WATCHED | given | arms(("A", None, [f"Device: {name}"])) | {"briefTitle": title} | measured


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        # Of those who are watched, by the main measure; with what they get, or not where a title's thing would be lost.
        (
            WATCHED | {"primaryOutcomes": [{"measure": "Overall survival"}]},
            "How long do adults with asthma live?",
        ),
        (
            device("Quillo Pump in Asthma", "Quillo Pump", primaryOutcomes=[{"measure": "HbA1c"}]),
            "How high is blood sugar in adults with asthma who get Quillo Pump?",
        ),
        # What something has an effect on is its goal, where that is measured first.
        (
            TREATMENT
            | ONE
            | {
                "briefTitle": "Effect of Xamib on Pain in Patients With Asthma",
                "conditions": ["Asthma"],
                "primaryOutcomes": [{"measure": "Pain intensity (VAS)"}],
            },
            "Can Xamib ease pain in people with asthma?",
        ),
        (
            TREATMENT
            | ONE
            | {
                "briefTitle": "Effect of Xamib on Gait in Patients With Asthma",
                "conditions": ["Asthma"],
                "primaryOutcomes": [{"measure": "Pain intensity (VAS)"}],
            },
            "How does Xamib affect gait in people with asthma?",
        ),
    ],
)
def test_a_question_is_built_of_the_main_measure_and_the_people(record, asked):
    assert read(**{"briefSummary": "Data are kept.", **record}).question == asked


def test_a_dose_is_looked_for_together_with_what_else_is_given():
    made = read(
        **TREATMENT
        | ASTHMA
        | SINGLE
        | arms(("A", "EXPERIMENTAL", [X, Z]))
        | {
            "briefTitle": "Xamib With Zolamab for Patients With Asthma",
            "briefSummary": "This trial looks for the best dose of Xamib with zolamab.",
            "designModule__phases": ["PHASE1"],
            "primaryOutcomes": [{"measure": "Maximum tolerated dose (MTD)"}],
        }
    )
    assert made.question.startswith("How much Xamib can people with asthma take together with zolamab")
    assert made.could_lead_to[0].endswith("which dose of Xamib to study next, together with zolamab.")


@pytest.mark.parametrize(
    ("measure", "asked"),
    [
        ("Adherence to the training", "Can adults with asthma stick to Breath training?"),
        ("Adherence to medication", "Can Breath training work in practice for adults with asthma?"),
    ],
)
def test_whether_people_keep_to_it_is_asked_where_that_is_counted(measure, asked):
    made = read(
        **TREATMENT
        | ASTHMA
        | SINGLE
        | arms(("A", "EXPERIMENTAL", ["Behavioral: Breath training"]))
        | {
            "briefTitle": "Breath Training in Adults With Asthma",
            "interventions": [{"type": "BEHAVIORAL", "name": "Breath training"}],
            "primaryOutcomes": [{"measure": measure}],
        }
    )
    assert made.question == asked


KETAMINE = "Pecs Block With Intravenous Xamib and Xamib Infusion Alone to Prevent Chronic Pain in Patients Undergoing Breast Surgery"


@pytest.mark.parametrize(
    ("record", "part", "told"),
    [
        # What a record sets against each other is never joined by "and".
        ({"briefTitle": KETAMINE}
         | arms(("K", "EXPERIMENTAL", [X, Z]), ("KP", "EXPERIMENTAL", [X, "Procedure: Pecs block", Z]), ("C", "ACTIVE_COMPARATOR", [Z])), "question",
         "Which helps more to prevent chronic pain in people undergoing breast surgery: Pecs block with Xamib into a vein, or Xamib infusion alone?"),
        # On top of usual care, where the record says so.
        (
            {
                "briefTitle": "Xamib for Asthma",
                "briefSummary": "The addition of Xamib is compared with standard care.",
                "primaryOutcomes": [{"measure": "HbA1c"}],
            }
            | arms(("A", "EXPERIMENTAL", [X]), ("Standard care", "NO_INTERVENTION", [])),
            "question",
            "Can adding Xamib to usual care lower blood sugar in people with asthma?",
        ),
        # The way into the body, and the place, that a title names.
        ({"briefTitle": "Xamib Subcutaneous Injection in Patients With Asthma"} | arms(("A", "EXPERIMENTAL", [X])), "question",
         "Can Xamib injection under the skin help people with asthma?"),
        ({"briefTitle": "GON-injection for Asthma"} | arms(("A", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", ["Drug: Placebo"])), "question",
         "Can an injection at the back of the head (GON) with Xamib help people with asthma more than a placebo?"),
        # Who may come is narrowed down by the team's aim, too.
        ({"briefTitle": "Xamib to Treat Asthma", "briefSummary": "The aim of this study is to evaluate Xamib in people with recent onset asthma."}
         | arms(("A", "EXPERIMENTAL", [X])), "question", "Can Xamib help people with recent onset asthma?"),
        # No two lines that fight.
        ({"overallStatus": "COMPLETED", "enrollmentInfo": {"count": 5, "type": "ACTUAL"}}
         | {"briefTitle": "Xamib in Patients With Asthma", "designModule__phases": ["PHASE2"]} | arms(("A", "EXPERIMENTAL", [X])), "could_lead_to",
         "Only 5 people took part, so it cannot show much."),
        # A title that lost "efficacy of" is English still.
        ({"briefTitle": "Efficacy of Xamib on the Side Effects of Inhalers in Asthma"} | arms(("A", "EXPERIMENTAL", [X])), "title",
         "Effect of Xamib on the side effects of inhalers in asthma"),
    ],
)  # fmt: skip
def test_what_is_compared_added_and_led_to_is_told_as_the_record_has_it(record, part, told):
    base = TREATMENT | {"officialTitle": None, "briefSummary": "Data are kept.", "conditions": ["Asthma"]}
    base |= {"primaryOutcomes": [{"measure": "Quillo score"}], "minimumAge": None}
    made = getattr(read(**base | record), part)
    assert (made if isinstance(made, str) else made[0]) == told


def test_what_is_alone_in_a_title_is_the_other_side():
    study = decode(raw(a_record(briefTitle=KETAMINE)))
    made = topic(KETAMINE, Case(study))
    assert made.thing.partition(" compared with ")[2] == "xamib infusion alone"
    asked = read(
        **TREATMENT
        | {"briefTitle": KETAMINE, "officialTitle": None, "primaryOutcomes": [{"measure": "Quillo score"}]}
        | {"interventions": [{"type": "PROCEDURE", "name": "Pecs block"}]}
        | arms(("A", "EXPERIMENTAL", []), ("B", "EXPERIMENTAL", []))
    ).question
    assert asked.startswith("Which helps more to prevent chronic")
    assert asked.endswith(": pecs block with xamib into a vein, or xamib infusion alone?")


@pytest.mark.parametrize(
    ("title", "said"),
    [
        (
            "Xamib tablets with zolamab in people with relapsed or refractory myeloma",
            "Xamib tablets with zolamab in myeloma that came back or did not respond",
        ),
        ("Xamib in women with relapsed myeloma", "Xamib in women with myeloma that came back"),
    ],
)
def test_a_title_rather_goes_without_people_than_without_plain_words(title, said):
    assert lay_title(title, 14) == said


def test_a_mark_of_the_illness_stays_with_it():
    told = "Help people with metastatic lung cancer with EGFR mutations?"
    assert lay(told, ENOUGH) == "Help people with lung cancer that has spread, with EGFR mutations?"
    # The verbs of our own sentences end a name.
    assert lay("How does relapsed myeloma develop over time?", ENOUGH) == (
        "How does myeloma that came back develop over time?"
    )
    assert lay("In metastatic lung cancer with pain", ENOUGH) == "In metastatic lung cancer with pain"


def test_what_is_given_together_is_joined_by_words():
    made = read(
        **TREATMENT
        | ASTHMA
        | arms(("A", "EXPERIMENTAL", [X]), ("B", "ACTIVE_COMPARATOR", [Z, "Drug: Tinamab"]))
        | {"briefTitle": "Xamib in Asthma", "primaryOutcomes": [{"measure": "Quillo score"}]}
    )
    assert made.question == "Which helps more in adults with asthma: Xamib, or zolamab and tinamab?"


@pytest.mark.parametrize(
    ("brief", "made"),
    [
        ("Effect of Xamib on Sleep", "Effect of Xamib on sleep in adults with asthma"),
        # Who or what it is in stands there already.
        ("Xamib for Low Back Pain", "Xamib for low back pain"),
        (
            "Effect of Xamib on Sleep of Older Adults With Asthma",
            "Effect of Xamib on sleep of older adults with asthma",
        ),
    ],
)
def test_a_title_says_in_whom_it_is(brief, made):
    record = TREATMENT | ASTHMA | SINGLE | ONE | {"briefTitle": brief}
    record |= {"officialTitle": None}
    assert read(**record).title == made


@pytest.mark.parametrize(
    ("title", "made"),
    [
        ("Oxygen in Cluster Headache Patients", "Oxygen in people with cluster headache"),
        ("Oxygen in Hard Foot Ulcers Patients", "Oxygen in people with hard foot ulcers"),
        ("Oxygen in Type 2 Diabetes Mellitus Patients", "Oxygen in people with type 2 diabetes"),
        ("Oxygen in a Lumbar Disc Patient", "Oxygen in people with lumbar disc problems"),
        ("Administration of Oxygen to Chronic Pain Patients", "Oxygen for people with chronic pain"),
        ("Oxygen in Bone Matrix GeneticS", "Oxygen in bone matrix genetics"),
    ],
)
def test_patients_of_an_illness_are_people_with_it(title, made):
    study = decode(raw(a_record(briefTitle=title, officialTitle=None, conditions=["Asthma"])))
    from_title = topic(titles_of(study, {})[0], Case(study)).whole
    assert first_up(from_title) == made


def test_a_known_name_stands_for_the_code_of_a_medicine():
    record = TREATMENT | ASTHMA | arms(("A", "EXPERIMENTAL", ["Drug: Zolamab"]))
    record["interventions"] = [{"type": "DRUG", "name": "Zolamab", "otherNames": ["ZOL-48125"]}]
    made = read(**record | {"briefTitle": "ZOL-48125 (Zolamab) in Patients With Asthma"})
    assert made.title == "Zolamab for asthma"
    assert "zolamab" in made.question.casefold()
    assert "ZOL-48125" not in f"{made.title} {made.question}"


def test_an_adjective_that_is_listed_as_given_gets_its_noun():
    record = TREATMENT | ASTHMA | arms(("A", "EXPERIMENTAL", ["Dietary Supplement: Nutritional"]))
    assert "nutritional support" in said(read(**record))


def test_what_only_measures_is_not_asked_of_where_a_thing_is_tried_against_a_placebo():
    groups = arms(("A", "EXPERIMENTAL", [X]), ("B", "PLACEBO_COMPARATOR", [P]))
    made = read(
        **TREATMENT
        | ASTHMA
        | groups
        | {"designInfo__primaryPurpose": "PREVENTION"}
        | {
            "briefTitle": "Xamib During Pregnancy to Prevent Asthma",
            "officialTitle": "Continuous Glucose Monitoring in Xamib Supplemented Pregnant Individuals",
            "conditions": ["Pregnancy Related"],
            "primaryOutcomes": [{"measure": "Eligibility", "timeFrame": "1 year"}],
        }
    )
    assert "xamib" in made.question.casefold()
    assert "monitoring" not in f"{made.question} {' '.join(made.could_lead_to)}"


def test_the_question_that_a_team_wishes_to_answer_is_quoted():
    summary = ("We wish to answer the question whether xamib is of any use in asthma beside walks.",)
    assert quoting.whether(summary, ("xamib",)) == "xamib is of any use in asthma beside walks"


def test_a_brand_that_is_an_everyday_word_stays_a_name():
    given = TREATMENT | ASTHMA | arms(("A", "EXPERIMENTAL", ["Behavioral: Affect Asthma Treatment Program"]))
    made = said(read(**given | {"briefSummary": "The Affect® app is used. Moods affect many."}))
    assert "Affect asthma treatment program" in made
    assert "affect asthma" not in made


GENES = "A Study of Xamib in Patients With Asthma Carrying the ABC1 T790 Mutation After Zolamab Therapy"
WATCHES = {
    "studyType": "OBSERVATIONAL", "designInfo__timePerspective": "PROSPECTIVE", "designInfo__observationalModel": "COHORT",
    "armGroups": [], "interventions": [],
}  # fmt: skip
SPOKEN = {"briefSummary": "Data are kept.", "conditions": ["Asthma"], "officialTitle": None}


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        # One title narrows down those whom the other names: not all of them are meant.
        (ONE | {"briefTitle": "Xamib in Patients With Asthma", "officialTitle": GENES}, "Can Xamib ease pain in some adults with asthma?"),
        (ONE | {"briefTitle": "Xamib in Patients With Asthma"}, "Can Xamib ease pain in people with asthma?"),
        # What narrows them down in words of the trade is left to what is done.
        (ONE | {"briefTitle": "Xamib in Patients With Asthma With Homozygous Quillonase Insertion"}, "Can Xamib ease pain in some people with asthma?"),
        # What comes after an operation is for those alone who had it.
        (ONE | {"briefTitle": "Xamib After Knee Surgery in Adults With Asthma"}, "Can Xamib ease pain in some adults with asthma?"),
        (ONE | {"briefTitle": "Xamib in Adults With Type II Diabetes Mellitus", "conditions": ["Type II Diabetes"]}, "Can Xamib ease pain in adults with type 2 diabetes?"),
        # Who is looked at once is not followed.
        (WATCHES | {"briefTitle": "The Tea Study", "designInfo__observationalModel": "OTHER", "primaryOutcomes": [{"measure": "Tokens"}]},
         "What can doctors learn about asthma?"),
        # Several "occur" as one does not.
        (WATCHES | {"briefTitle": "Incidence of Sudden Attacks in Adults With Asthma", "primaryOutcomes": [{"measure": "Tokens"}]},
         "How often do sudden attacks occur in adults with asthma?"),
        # A picture helps nobody by itself.
        (arms(("A", "EXPERIMENTAL", ["Drug: 68Ga-quillo"]))
         | {"briefTitle": "68Ga-quillo PET in Men With Asthma", "primaryOutcomes": [{"measure": "Tokens"}]},
         "What can 68Ga-quillo show in men with asthma?"),
        (
            arms(("A", "EXPERIMENTAL", ["Device: Quillo Sensor"]))
            | {"briefTitle": "Quillo Sensor in Adults With Asthma", "designInfo__primaryPurpose": "DIAGNOSTIC", "primaryOutcomes": [{"measure": "MARD"}]},
            "How accurate is Quillo Sensor in adults with asthma?",
        ),
        # A sensor may raise blood sugar that is too low; a medicine is to lower it.
        (arms(("A", "EXPERIMENTAL", ["Device: Quillo"])) | {"briefTitle": "Quillo in Adults With Asthma", "primaryOutcomes": [{"measure": "HbA1c"}]},
         "Can Quillo keep blood sugar where it should be in adults with asthma?"),
        (ONE | {"briefTitle": "Xamib in Adults With Asthma", "primaryOutcomes": [{"measure": "HbA1c"}]}, "Can Xamib lower blood sugar in adults with asthma?"),
        # Where a title asks whether it helps too, side effects are half of it.
        (ONE | {"briefTitle": "Safety and Efficacy of Xamib in Adults With Asthma", "primaryOutcomes": [{"measure": "Adverse events"}]},
         "Can Xamib help adults with asthma, and what are the side effects?"),
        (ONE | {"briefTitle": "Safety of Xamib in Adults With Asthma", "primaryOutcomes": [{"measure": "Adverse events"}]},
         "What side effects can Xamib cause in adults with asthma?"),
        # A title in words of the trade is asked of where nothing plainer says what is looked at.
        (WATCHES | {"briefTitle": "Quillonic Hypertropism of Zolamabic Biomarkers in Asthma", "primaryOutcomes": [{"measure": "Tokens"}]},
         "What can doctors learn about quillonic hypertropism of zolamabic biomarkers in asthma?"),
        # No study is its own subject.
        (WATCHES | {"briefTitle": "A Network for Quiet Nights in Asthma", "primaryOutcomes": [{"measure": "Tokens"}]},
         "What can doctors learn about quiet nights in asthma?"),
        # What is offered, and looks for something, is not asked what it shows.
        (WATCHES | {"briefTitle": "Distress Screening in Asthma", "primaryOutcomes": [{"measure": "Tokens"}]}
         | arms(("A", "OTHER", ["Behavioral: distress screening"])), "What can doctors learn about distress screening in asthma?"),
        # A piece of a title behind "in practice" is no place and no time.
        (WATCHES | {"briefTitle": "Feasibility of Quillo Grafts From a Donor in Asthma", "primaryOutcomes": [{"measure": "Tokens"}]},
         "What can doctors learn about quillo grafts from a donor in asthma?"),
        # What is looked at, or set beside another, is never left out.
        (WATCHES | {"briefTitle": "Nut Consumption and Prevention of Asthma", "primaryOutcomes": [{"measure": "Tokens"}]},
         "What can doctors learn about nut consumption and prevention of asthma?"),
        (ONE | {"briefTitle": "Xamib in Chinese Patients With Asthma With Homozygous Quillonase Insertion"}, "Can Xamib ease pain in some people with asthma?"),
        (arms(("A", "EXPERIMENTAL", ["Drug: Quillo vaccine"]))
         | {"briefTitle": "Quillo Vaccine in Asthma", "primaryOutcomes": [{"measure": "Overall survival"}]},
         "How long do adults with asthma live with the Quillo vaccine?"),
        # What is put in beside an operation that the others have alone.
        (arms(("A", "EXPERIMENTAL", ["Procedure: Discectomy combined with Quillo cage"]), ("B", "ACTIVE_COMPARATOR", ["Procedure: Discectomy"]))
         | {"briefTitle": "Quillo Cage in Adults With Asthma", "primaryOutcomes": [{"measure": "Pain"}]},
         "Can adding the Quillo cage to discectomy ease pain in adults with asthma?"),
        (ONE | {"briefTitle": "Low-dose Xamib for Asthma"}, "Can low-dose Xamib ease pain in adults with asthma?"),
        (WATCHES | {"briefTitle": "The Tea Study", "designInfo__timePerspective": "RETROSPECTIVE", "primaryOutcomes": [{"measure": "Tokens"}]},
         "What can doctors learn from the records of adults with asthma?"),
        (
            WATCHES | {"briefTitle": "The Tea Study", "designInfo__timePerspective": "OTHER", "conditions": ["Asthma", "Gout", "Vertigo"], "primaryOutcomes": [{"measure": "Tokens"}]},
            "",
        ),
    ],
)  # fmt: skip
def test_a_question_is_plain_and_of_no_more_people_than_the_study(record, asked):
    assert read(**TREATMENT | SINGLE | SPOKEN | record).question == asked


def test_who_is_meant_alone_is_told_where_the_question_says_some():
    made = read(
        **TREATMENT
        | SINGLE
        | SPOKEN
        | ONE
        | {"briefTitle": "Xamib in Patients With Asthma", "officialTitle": GENES}
    )
    assert "with asthma carrying the ABC1 T790 mutation after zolamab therapy" in " ".join(made.summary)


def test_a_title_in_words_of_the_trade_gives_way_to_what_is_tried_and_for_what():
    hard = "Xamib in Asthma Expressing Homozygous Quillonase Receptor Hypertropism Insertions"
    assert read(**TREATMENT | SINGLE | SPOKEN | ONE | {"briefTitle": hard}).title == "Xamib for asthma"
    # A few hard words are no reason to name more people than take part.
    few = "Xamib in Asthma Expressing Quillonase Receptor Insertions"
    told = "Xamib for asthma expressing quillonase receptor insertions"
    assert read(**TREATMENT | SINGLE | SPOKEN | ONE | {"briefTitle": few}).title == told
    assert (
        read(**TREATMENT | SINGLE | SPOKEN | ONE | {"briefTitle": "Xamib in Severe Asthma"}).title
        == "Xamib for severe asthma"
    )
