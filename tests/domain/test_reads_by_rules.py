"""The read that rules make of a record: true first, then particular, then plain. Each false output that we know is a test."""

import gzip
import json
import re
from datetime import date
from itertools import islice, product

import pytest
from factories import a_record, raw

from notifier.domain.languages import LANGUAGES
from notifier.domain.study import OverallStatus, decode, document
from notifier.domain.summaries import Origin, by_rules, quoting
from notifier.domain.summaries.asking import MOST_ASKED
from notifier.domain.summaries.given import medicines
from notifier.domain.summaries.lay import lay
from notifier.domain.summaries.measure import grade
from notifier.domain.summaries.measures import plain_measure
from notifier.domain.summaries.names import Case, all_names, condition_name, first_up, tried_name
from notifier.domain.summaries.phrases import banned_in
from notifier.domain.summaries.quoting import sentences as quoted_sentences
from notifier.domain.summaries.tables import table
from notifier.domain.summaries.things import articled
from notifier.domain.summaries.titles import ILLNESSES, topic
from notifier.domain.summaries.voice import BEGIN, END, plain
from notifier.domain.summaries.words import is_everyday
from notifier.domain.summaries.words_explained import SHORT_FORM, definitions, glossary
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import READS
from notifier.domain.wording.catalogue import read as read_catalogue
from notifier.domain.wording.vocabulary import NUMBER, has_number, parted, stock, texts
from tests.conftest import REGISTRY_DATA

TODAY = date(2026, 11, 28)
STORED = REGISTRY_DATA / "studies.jsonl.gz"
BARE = b'{"protocolSection":{"identificationModule":{"nctId":"NCT90000001"}}}'
HOSTILE = (
    '<script>alert(1)</script> & "quoted"\r\n\u202egnp.exe\u2066\x07 100% %(why)s [x](https://evil.example)'
)


def read(today=TODAY, language="en", **overrides):
    return by_rules(decode(raw(a_record(**overrides))), today, language)


def said(made):
    """Everything that a read says, in one text."""
    parts = (made.title, made.status_line, made.question)
    lists = (*made.summary, *made.measures, *made.could_lead_to, *made.could_go_wrong)
    return " ".join(filter(None, (*parts, *lists)))


def own(text):
    """Our part of a text: without what stands in quotation marks."""
    return re.sub(r"“[^”]*”", "Sam", text)


def arms(*groups):
    """Overrides for groups of (label, type, names of what they get)."""
    names = dict.fromkeys(name for _, _, gets in groups for name in gets)
    return {
        "armGroups": [
            {"label": label, "type": role, "interventionNames": list(gets)} for label, role, gets in groups
        ],
        "interventions": [
            {"type": name.split(":")[0].upper().replace(" ", "_"), "name": name.split(": ", 1)[1]}
            for name in names
        ],
    }


X, Z, P = "Drug: Xamib", "Drug: Zolamab", "Drug: Placebo"
TREATMENT = {
    "designInfo__primaryPurpose": "TREATMENT", "phases": ["PHASE3"], "briefSummary": "Tea is old.", "hasResults": False,
}  # fmt: skip
SINGLE = {
    "designInfo__allocation": "NA",
    "designInfo__interventionModel": "SINGLE_GROUP",
    "maskingInfo": {"masking": "NONE"},
}
ASTHMA = {
    "conditions": ["Asthma"],
    "briefTitle": "Xamib in Patients With Asthma",
    "officialTitle": None,
    "primaryOutcomes": [{"measure": "Overall survival", "timeFrame": "5 years"}],
}


@pytest.fixture(scope="session")
def stored():
    if not STORED.exists():
        pytest.skip("the real records are not beside this checkout")
    with gzip.open(STORED) as lines:
        studies = [decode(line) for line in lines]
    return [(study, by_rules(study, TODAY)) for study in studies]


def made_studies():
    """Records of ours of many designs, so that what holds of every read is held also where no real record is."""
    drug, sham, talk = "Drug: Xamib", "Device: Sham Zolascope", "Behavioral: Walking"
    groups = {
        "placebo": arms(("X", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P])),
        "each other": arms(("X", "EXPERIMENTAL", [X]), ("Z", "ACTIVE_COMPARATOR", [Z])),
        "added": arms(("XZ", "EXPERIMENTAL", [X, Z]), ("Z", "ACTIVE_COMPARATOR", [Z])),
        "pretended": arms(("D", "EXPERIMENTAL", ["Device: Zolascope"]), ("S", "SHAM_COMPARATOR", [sham])),
        "nothing": arms(("W", "EXPERIMENTAL", [talk]), ("N", "NO_INTERVENTION", [])),
        "three": arms(("A", "EXPERIMENTAL", [X]), ("B", "EXPERIMENTAL", [Z]), ("C", "OTHER", [talk])),
        "one": arms(("X", "EXPERIMENTAL", [drug])) | SINGLE,
        "looked at": {"studyType": "OBSERVATIONAL", **arms(("C", "", [drug]))},
    }
    designs = product(groups.values(), ("TREATMENT", "PREVENTION", "DIAGNOSTIC", None), OverallStatus)
    for number, (group, purpose, status) in enumerate(islice(designs, None, None, 5)):
        more = {"designInfo__primaryPurpose": purpose, "overallStatus": status.value}
        phases = {"phases": [["PHASE1"], ["PHASE2", "PHASE3"], ["NA"], ["PHASE4"]][number % 4]}
        yield decode(raw(a_record(**ASTHMA, **group | more | phases)))


@pytest.fixture(scope="session", params=["made", pytest.param("real", marks=pytest.mark.unmeasured)])
def any_stored(request):
    """What holds of every read: of those of our own records, and of the real ones where they are."""
    if request.param == "real":
        return request.getfixturevalue("stored")
    return [(study, by_rules(study, TODAY)) for study in made_studies()]


# --- what must not be said ---------------------------------------------------------------------------------------

#: Of real records: what an earlier version said, or would say by the easiest rule, and may not. Title and question.
FALSE_ASKED = {
    "NCT05093582": r"lower the number|fewer attacks|more than",  # given to cause the headache
    "NCT02466334": r"ease|fewer|more than",
    "NCT03987438": r"with diabetes\b",  # people with impaired tolerance
    "NCT01105338": r"with prostate cancer",  # men at risk of it
    "NCT05870670": r"(?:men|people|adults) with type 2 diabetes",  # the record does not say so
    "NCT05121844": r"with weight loss",
    "NCT04091516": r"with weight loss",
    "NCT05601362": r"wound",  # "Patient Health Questionnaire"
    "NCT06977230": r"tells who has it|diagnos",  # "high-sensitivity troponin"
    "NCT05914168": r"^Does|help",  # a collection of pictures
    "NCT05801614": r"compared with|more than",  # all arms list the same thing
    "NCT03933150": r"compared with|more than",
    "NCT00329836": r"no interventions",  # a label
    "NCT06672068": r"TY- ",  # a dose taken out of the middle
    "NCT03352674": r"better",  # a copy of a biological medicine
    "NCT05309018": r"pharmacists|nurses? (?:get|who)",
    "NCT06469684": r"placebo|sham|pretend",  # "sham" is a role there, and no name
}


@pytest.mark.parametrize(("nct_id", "never"), FALSE_ASKED.items())
def test_a_false_title_or_question_that_we_know_is_not_said(stored, nct_id, never):
    found = [made for study, made in stored if study.nct_id == nct_id]
    for made in found:
        assert not re.search(never, f"{made.title} {made.question}", re.IGNORECASE), (
            made.title,
            made.question,
        )


def test_a_new_drug_is_named_before_the_ordinary_ones(stored):
    [made] = [made for study, made in stored if study.nct_id == "NCT04560972"]
    assert "LB-100" in made.title
    assert "LB-100" in made.question


@pytest.mark.parametrize("nct_id", ["NCT01505608", "NCT01483820", "NCT01125800"])
def test_a_text_where_the_schema_has_a_list_is_one_entry(stored, nct_id):
    [made] = [made for study, made in stored if study.nct_id == nct_id]
    assert not re.search(r"\bwith N\b|\bT, D\b|\bN, e\b", said(made))
    assert re.search(r"neuroblastoma|medulloblastoma", made.question)


#: Pairs of sentences of ours of which one is false where the other is true.
EXCLUDE = (
    (r"With only one group", r"\bOne group g(?:ets|ot)\b[^.]*\b(?:the other|another) g(?:ets|ot)\b"),
    (r"With only one group", r"(?:is|was) decided by chance"),
    (r"With only one group", r" than with "),
    (r"Who g(?:ets|ot) which (?:is|was) decided by chance", r"not decided by chance"),
    (r"Everyone kn(?:ows|ew) who g(?:ets|ot) what\.", r"(?:is|was) hidden from|Neither the people"),
    (r"No results are posted", r"Results were posted|explain its results|No results are posted.*(?:[Nn]o results|not been posted)"),
    (r"The record lists no harms", r"which side effects people have|The study watche[sd] for|side effects of"),
    (r"It cannot answer its question", r"It could (?:show|help|tell)|which are known"),
    (r"Cancelled before anyone joined", r"(?<!people who )took part\b"),
    (r"Cancelled before anyone joined", r"side effects of|due to chance"),
    (r"Looking for people now", r"planned end has passed|has not been updated since"),
    (r"^Ended", r"Stopped early|Looking for people|It stopped early"),
    (r"This study only watche[sd]", r"(?:is|was) decided by chance"),
    (r"looks back at information or samples", r"It is planned for|Taking blood"),
    (r"It does not ask which is better", r"\bbetter than\b|more than a placebo"),
    (r"no one has to do anything", r"Looking for people|looking for people"),
    (r"The record does not list a site", r"It (?:takes|took) place at "),
    (r"g(?:ets|ot) nothing extra", r"^(?!.*(?:also|groups) g(?:ets?|ot)).*$"),
    (
        r"is planned for (?:January|February|March|April|May|June|July|August|September|October|November|December|\d+ \w+) (?:19|200|201|202[0-5])",
        r".*",
    ),
)  # fmt: skip


def test_sentences_that_exclude_each_other_never_meet(any_stored):
    reads = [(study.nct_id, said(made)) for study, made in any_stored]
    for one, other in EXCLUDE:
        together = [nct_id for nct_id, text in reads if re.search(one, text) and re.search(other, text)]
        assert together == [], f"{one} meets {other}"


def test_what_a_sentence_of_reads_needs_stands_in_the_record(any_stored):
    for study, made in any_stored:
        whole, listed = said(made), f"{study.arms} {study.interventions}".casefold()
        if "a placebo" in own(whole):
            told = f"{listed} {study.brief_title} {study.official_title} {study.brief_summary}"
            assert "placebo" in told.casefold(), study.nct_id
        if "sham (pretend) treatment" in own(whole):
            assert "sham" in listed, study.nct_id
        if "Who gets which is decided by chance" in whole:
            assert study.design.allocation == "RANDOMIZED", study.nct_id
            assert len(study.arms) > 1, study.nct_id
        if " in healthy people" in whole:
            assert study.eligibility.healthy_volunteers, study.nct_id


def test_no_quotation_ends_twice_and_nothing_is_left_open(any_stored):
    for study, made in any_stored:
        whole = said(made)
        assert not re.search(r"\.”\.|”\.”|\?”\.|\.\.(?!\.)| ,| \.|%\(|“”|\(\)|\bNone\b", own(whole)), (
            study.nct_id,
            whole,
        )
        assert ".”." not in whole, study.nct_id


def test_every_number_and_date_of_a_read_stands_in_its_record(any_stored):
    for study, made in any_stored:
        counts = {
            *range(30),  # of groups, things and measures that are left
            len(study.arms),
            len(study.locations),
            len(study.primary_outcomes),
            len({each.country for each in study.locations}),
            *range(len({each.country for each in study.locations})),
        }
        known = [stock(texts(document(study.raw))), stock(map(str, counts))]
        text = own(said(made))
        dates = known[0].dates | {day[:7] for day in known[0].dates} | {day[:4] for day in known[0].dates}
        days, rest = parted(text, "en")
        assert [day for day, _ in days if day not in dates] == [], study.nct_id
        numbers = NUMBER.findall(rest)
        assert [
            number for number in numbers if not has_number(number, known[0].numbers | known[1].numbers)
        ] == [], study.nct_id


# --- how far it reaches ------------------------------------------------------------------------------------------


def share(of, fits):
    return sum(map(bool, map(fits, of))) / len(of)


def test_titles_are_plainer_than_the_registrys_and_of_a_readable_length(stored):
    assert share(stored, lambda one: one[1].title != one[0].brief_title) >= 0.85
    assert share(stored, lambda one: 3 <= len(one[1].title.split()) <= 14) >= 0.99


def words_of(texts_):
    return {word for text in texts_ for word in re.findall(r"[a-z0-9-]{4,}", (text or "").casefold())}


def test_questions_are_there_short_and_name_what_is_tried_and_the_condition(stored):
    assert share(stored, lambda one: one[1].question) >= 0.9
    assert all(len(made.question.split()) <= MOST_ASKED for _, made in stored)
    treatment = [one for one in stored if one[0].design.primary_purpose == "TREATMENT"]

    def names_both(one):
        study, made = one
        low = made.question.casefold()
        joined = re.sub(r"[^a-z0-9]", "", low)  # "TPI 287" is TPI-287
        names = [name for each in study.interventions for name in (each.name, *each.other_names) if name]
        whole = [re.sub(r"[^a-z0-9]", "", name.casefold()) for name in names]
        plainly = (lay(ILLNESSES.get(each, each).casefold(), 40) for each in study.conditions)
        about = words_of(
            (*study.conditions, *study.keywords, *map(ILLNESSES.get, study.conditions), *plainly)
        )
        named = any(word in low for word in words_of(names)) or any(
            len(name) > 3 and name in joined for name in whole
        )
        return named and ("in healthy" in low or any(word in low for word in about))

    assert share(treatment, names_both) >= 0.92


def test_the_main_measure_is_said_plainly(stored):
    measured = [made for _, made in stored if made.measures]
    assert share(measured, lambda made: not made.measures[0].startswith("“")) >= 0.7


#: A number in the Roman way, a code, and what can be spoken, and may be a name.
NO_SHORT_FORM = re.compile(r"[IVX]+[A-Da-d]?\d?(?:-[IVX]*[A-D]?\d?)?|[A-Z]{1,6}-?\d{2,}.*|.*[a-z]{4}.*|VS")


def unexplained(study, shown, words):
    """Short forms in texts that are neither explained nor a name, a number or a code."""
    # Behind the words that it stands for a reader needs no other explanation of it.
    spelled = re.findall(r"\w \(([\w-]+)", " ".join(shown))
    known = " ".join((*(word.term for word in words), *spelled, all_names(study)))
    told = f"{study.brief_title} {study.official_title} {study.brief_summary} {study.eligibility.criteria}"
    # "FOot" is spelled so for the sake of a study's name.
    small = {one_line(study.acronym or "").casefold(), *re.findall(r"\b[a-z]{4,}", told)}
    mixed = (text for text in shown if sum(map(str.isupper, text)) <= 0.6 * sum(map(str.isalpha, text)))
    found = [short for text in mixed for short in SHORT_FORM.findall(text)]
    spoken = {
        short for short in found if len(short) >= 6 and len(re.findall("[AEIOUY]", short)) >= 0.3 * len(short)
    }
    return [
        short
        for short in found
        if not (short.rstrip("s") in known or short in spoken or NO_SHORT_FORM.fullmatch(short))
        and not (short.casefold() in small or is_everyday(short.casefold()))
    ]


def test_short_forms_are_explained(stored):
    left = counted = 0
    for study, made in stored:
        shown = (made.title, made.question, made.quote, *made.measures)
        left += len(unexplained(study, shown, made.words))
        # What a title of ours writes out is explained too.
        counted += sum(len(SHORT_FORM.findall(text or "")) for text in (study.brief_title, *shown[1:]))
    assert left / counted <= 0.03


def test_what_could_go_wrong_is_particular(stored):
    tried = [one for one in stored if one[0].study_type == "INTERVENTIONAL"]
    particular = re.compile(
        "The study watche[sd] for|Serious health problems|side effects of|for the first time|Little is known yet about"
    )

    harms = (harm for _, _, harm in medicines() if harm)
    harms_of_medicines = re.compile(
        "|".join(re.escape(harm).replace(r"%\(names\)s", ".+") for harm in harms), re.IGNORECASE
    )

    brought = {line for _, line, *_ in table("risks_of_what_is_done.tsv")}

    def names_something(one):
        return any(
            particular.search(line) or line in brought or harms_of_medicines.search(line)
            for line in one[1].could_go_wrong
        )

    assert share(tried, names_something) >= 0.75
    assert all(1 <= len(made.could_go_wrong) <= 6 for _, made in stored)


def test_reads_are_easy_short_and_promise_nothing(stored):
    for study, made in stored:
        parts = (made.status_line, *made.summary, *made.could_lead_to, *made.could_go_wrong)
        text = own(" ".join(parts))
        names = [each.name for each in study.interventions if each.name] + list(study.conditions)
        for name in sorted(names, key=len, reverse=True):
            text = re.sub(re.escape(name), "Sam", text, flags=re.IGNORECASE)
        assert grade(text) <= 9, study.nct_id
        assert banned_in(text) == (), study.nct_id
    lengths = sorted(len(own(said(made)).split()) for _, made in stored)
    assert lengths[len(lengths) // 20] >= 90
    assert lengths[len(lengths) * 19 // 20] <= 240


def test_every_record_gives_a_whole_read(any_stored):
    for study, made in any_stored:
        assert made.title, study.nct_id
        assert made.status_line, study.nct_id
        assert made.summary, study.nct_id
        assert made.could_lead_to, study.nct_id
        assert made.could_go_wrong, study.nct_id
        for text in (said(made), made.quote):
            assert text == " ".join(text.split()), study.nct_id


# --- titles and questions, on made records -----------------------------------------------------------------------


def test_a_drug_against_a_placebo():
    made = read(**TREATMENT, **ASTHMA, **arms(("X", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P])))
    assert made.title == "Xamib for asthma"
    assert made.question == "Do people with asthma live longer with Xamib than with a placebo?"
    assert "One group gets Xamib, the other gets a placebo. Who gets which is decided by chance." in " ".join(
        made.summary
    )


def test_a_drug_against_another_one():
    made = read(**TREATMENT, **ASTHMA, **arms(("X", "EXPERIMENTAL", [X]), ("Z", "ACTIVE_COMPARATOR", [Z])))
    assert made.title == "Xamib compared with zolamab for asthma"
    assert made.question == "Do people with asthma live longer with Xamib than with zolamab?"


def test_a_drug_added_to_another_one():
    made = read(**TREATMENT, **ASTHMA, **arms(("X", "EXPERIMENTAL", [X, Z]), ("Z", "ACTIVE_COMPARATOR", [Z])))
    assert made.title == "Xamib added to zolamab for asthma"
    assert "adding Xamib to zolamab" in made.question


def test_a_study_of_equals_does_not_ask_which_is_better():
    made = read(
        **TREATMENT,
        **ASTHMA | {"officialTitle": "A Non-inferiority Study of Xamib in Patients With Asthma"},
        **arms(("X", "EXPERIMENTAL", [X]), ("Z", "ACTIVE_COMPARATOR", [Z])),
    )
    assert made.question == "Can Xamib do as well as zolamab in people with asthma?"
    assert "It does not ask which is better." in made.could_lead_to[0]


def test_one_group_cannot_say_what_is_better():
    made = read(**TREATMENT, **ASTHMA, **arms(("X", "EXPERIMENTAL", [X])), **SINGLE)
    assert made.question == "How long do people with asthma live with Xamib?"
    assert "Everyone gets Xamib." in " ".join(made.summary)
    assert not re.search("compared|better|decided by chance", said(made))


def test_groups_that_a_record_does_not_list_are_not_one_group():
    made = read(**TREATMENT, **ASTHMA, armGroups=[], interventions=[{"type": "DRUG", "name": "Xamib"}])
    assert "The record does not list groups." in " ".join(made.summary)
    assert not re.search("Everyone gets|With only one group", said(made))


def test_groups_that_list_the_same_are_told_by_their_names_and_not_compared():
    made = read(
        **TREATMENT, **ASTHMA, **arms(("Morning", "EXPERIMENTAL", [X]), ("Evening", "ACTIVE_COMPARATOR", [X]))
    )
    assert made.question == "Can Xamib help people with asthma?"
    assert "The groups are called “Morning” and “Evening”" in " ".join(made.summary)


def test_a_placebo_beside_an_active_drug_is_not_the_comparison():
    double_dummy = arms(("X", "EXPERIMENTAL", [X, P]), ("Z", "ACTIVE_COMPARATOR", [Z, P]))
    made = read(**TREATMENT, **ASTHMA, **double_dummy)
    assert made.question == "Do people with asthma live longer with Xamib than with zolamab?"


def test_a_placebo_with_something_beside_it_is_no_placebo_alone():
    made = read(
        **TREATMENT,
        **ASTHMA,
        **arms(
            ("X", "EXPERIMENTAL", ["Drug: Xamib/FOLFOX"]),
            ("P", "ACTIVE_COMPARATOR", ["Drug: Placebo/FOLFOX"]),
        ),
    )
    assert "a placebo" not in said(made)


def test_a_placebo_that_no_name_names_is_none():
    made = read(
        **TREATMENT,
        **ASTHMA,
        **arms(("X", "EXPERIMENTAL", [X]), ("W", "PLACEBO_COMPARATOR", ["Other: Water"])),
    )
    assert "placebo" not in said(made)
    assert "than with water" in made.question


def test_what_is_given_to_bring_trouble_about_is_never_asked_of_as_a_help():
    made = read(
        **TREATMENT,
        **ASTHMA | {"briefTitle": "Asthma-inducing Effects of Xamib in Patients With Asthma"},
        **arms(("X", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P])),
    )
    assert made.question == "How do people with asthma react to Xamib?"


def test_a_question_of_the_team_goes_before_ours():
    asked = "Does camomile tea ease pain in people with knee pain?"
    assert read(briefSummary=f"Tea is old. {asked} We will see.").question == f"“{asked}”"


def test_healthy_people_are_not_called_ill():
    made = read(
        **TREATMENT | {"phases": ["PHASE1"]},
        **ASTHMA | {"briefTitle": "Xamib in Healthy Volunteers", "officialTitle": None},
        **arms(("X", "EXPERIMENTAL", [X])),
        healthyVolunteers=True,
    )
    assert "with asthma" not in f"{made.title} {made.question}"


@pytest.mark.parametrize(
    ("measure", "asked"),
    [
        (
            "Maximum tolerated dose",
            "How much Xamib can people with asthma take, and what are the side effects?",
        ),
        ("Dose-limiting toxicities", "What side effects can Xamib cause in people with asthma?"),
    ],
)
def test_a_dose_is_looked_for(measure, asked):
    made = read(
        **TREATMENT | {"phases": ["PHASE1"]},
        **ASTHMA | {"primaryOutcomes": [{"measure": measure}]},
        **arms(("X", "EXPERIMENTAL", [X])),
    )
    assert made.question == asked


@pytest.mark.parametrize(
    ("title", "cleaned"),
    [
        ("A Phase II, Randomized Study of Tea Drinking in Patients With Knee Pain", "Tea drinking in people with knee pain"),
        ("Safety and Efficacy of Tea Drinking in Cluster Headache Patients", "Tea drinking in people with cluster headache"),
        ("EFFECT OF TEA DRINKING ON KNEE PAIN", "Effect of tea drinking on knee pain"),
        ("Tea for Parkinson's Disease: a Randomised Controlled Trial", "Tea for Parkinson's disease"),
    ],
)  # fmt: skip
def test_the_registrys_title_is_cleaned(title, cleaned):
    study = decode(raw(a_record(briefTitle=title, officialTitle=None)))
    assert first_up(topic(title, Case(study)).titled) == cleaned


CASE = Case(decode(BARE))


@pytest.mark.parametrize(
    ("name", "kind", "others", "plain"),
    [
        ("MK-3475 (pembrolizumab)", "DRUG", (), "pembrolizumab"),
        ("LDE225", "DRUG", ("sonidegib",), "sonidegib"),
        ("Protein Phosphatase 2A Inhibitor LB-100", "DRUG", (), "LB-100"),
        ("Metformin 500 mg tablets", "DRUG", (), "metformin"),
        ("Xolair®", "DRUG", (), "Xolair"),
        ("Control group", "OTHER", (), None),
        ("There are no interventions in the observational study", "OTHER", (), None),
        ("TY-9591 80mg QD+pemetrexed", "DRUG", (), "TY-9591 80mg QD+pemetrexed"),
    ],
)
def test_names_of_what_is_tried(name, kind, others, plain):
    assert tried_name(name, kind, others, CASE) == plain


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Carcinoma, Non-Small-Cell Lung", "non-small-cell lung carcinoma"),
        ("Diabetes Mellitus, Type 2", "type 2 diabetes"),
        ("Breast Neoplasms", "breast tumours"),
        ("TNBC, Triple Negative Breast Cancer", "triple negative breast cancer"),
        ("Pain, Postoperative", "postoperative pain"),
        ("Cancer of the Breast, or of the Lung, or Elsewhere", None),
        ("Breast Cancer Metastatic", "metastatic breast cancer"),
        ("Breast Cancer Female", "breast cancer"),
        ("Infertility Female", "infertility female"),
    ],
)
def test_names_of_conditions(name, plain):
    assert condition_name(name, CASE) == plain


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        ("leaflet", "a leaflet"),
        ("ctDNA blood test", "a ctDNA blood test"),
        ("ACE inhibitor", "an ACE inhibitor"),
        ("NightWare system", "the NightWare system"),
        ("usual care", "usual care"),
        ("xamib", "xamib"),
    ],
)
def test_a_thing_of_which_there_are_several_has_its_article(thing, said):
    assert articled(thing) == said


@pytest.mark.parametrize(
    ("measure", "plain"),
    [
        ("Progression-free survival (PFS)", "how long the illness stays under control"),
        ("Progression-free survival, time to worsening or death", "how long the illness stays under control"),
        ("Intracranial progression-free survival", "how long cancer in the brain stays under control"),
        ("Extent of epidural fibrosis", "how much scar tissue forms around the nerves"),
        ("Liver fibrosis", "how much scarring is in the liver"),
        ("Change in body weight", "how much people weigh"),
        ("Plasma clearance normalized to body weight (CL/BW)", "how fast the body gets rid of the medicine"),
        ("Viral clearance", None),
        ("Bone strength by finite element analysis", "how strong bones are"),
        ("Activation of a reflex as assessed by tear fluid production", "how much the eyes water"),
        ("BMI", "how much people weigh for their height"),
        ("Prevalence of allodynia", "how many people have what is looked for"),
        ("Age of participants", "how old people are"),
        ("Age at diagnosis", "how old people are when the illness is found or begins"),
        ("Evaluation of IgE proteoforms", None),
        ("Total serum IgE", "how much of the allergy antibody (IgE) people have"),
        ("Asthma diagnosis and asthma morbidity", None),
        ("Change over time in body dissatisfaction", "how people feel about their own body"),
        ("Urinary albumin-to-creatinine ratio", "how much protein the kidneys let through"),
        ("Functioning anastomosis and no occurrence of adverse events", None),
        ("Number and severity of adverse events", "which side effects people have"),
        ("PSMA uptake of the tumours", "where a tracer goes in the body"),
        ("System Usability Scale (SUS)", "how easy it is to use"),
        ("Change in draining fistula/tunnel count", "how many draining tunnels there are in the skin"),
        ("Ultrasound attenuation parameter (UAP)", "how much fat is in the liver"),
        ("Duration of Severe Oral Mucositis (WHO Grade 3 or 4)", "how long the mouth stays sore"),
        ("Child body mass index (BMI) at 2 years of age", "how much the children weigh for their height"),
        ("Clinical Global Impression", "how much better or worse people are, as judged by a trained person"),
        ("Patient Global Impression of Change", "how much better or worse people feel"),
        ("Verapamil mean total dose", "how much medicine people need"),
        (
            "Change in 12-lead Electrocardiogram (ECG) and Clinical Laboratory Tests",
            "signs of harm in a heart trace and similar tests",
        ),
        ("Objective response rate (ORR)", "how often the cancer shrinks or goes away"),
        ("Patient Health Questionnaire-9 (PHQ-9)", "how severe symptoms of depression are"),
        ("Pain on a Visual Analogue Scale (VAS)", "how severe the pain is"),
        ("Change in AUC of C-peptide", "how much insulin the body still makes"),
        ("High-sensitivity Troponin T level", "signs in the blood of strain on the heart"),
        ("Wheal size", "how strongly the skin reacts to an allergy test"),
        ("Number of people who paid", None),
        ("Correlation of survival with age", "whether two things go together"),
        ("A composite of low birth weight and death", None),
    ],
)
def test_measures_in_plain_words(measure, plain):
    made = plain_measure(measure)
    assert (made.plain if made else None) == plain


# --- the other parts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", list(OverallStatus))
def test_every_status_has_a_line_and_ends_once(status):
    line = read(overallStatus=status.value).status_line
    assert line.endswith((".", "…"))
    assert ".." not in line.replace("…", "")


def test_a_day_that_has_passed_was_planned():
    early = read(
        date(2026, 1, 1),
        overallStatus="NOT_YET_RECRUITING",
        startDateStruct={"date": "2026-05-01", "type": "ESTIMATED"},
    )
    late = read(
        date(2026, 8, 1),
        overallStatus="NOT_YET_RECRUITING",
        startDateStruct={"date": "2026-05-01", "type": "ESTIMATED"},
    )
    assert "The start is planned for 1 May 2026." in early.status_line
    assert "The start was planned for 1 May 2026; the record has not been updated since." in late.status_line


def test_a_record_that_nobody_touched_for_long_does_not_say_now():
    assert read(date(2026, 3, 1)).status_line.startswith("Looking for people now")
    assert "now" not in read(date(2027, 5, 1)).status_line
    assert "ask the study team" in read(date(2027, 5, 1)).status_line


def test_the_reason_for_stopping_stands_in_the_first_lines():
    made = read(
        overallStatus="TERMINATED",
        whyStopped="Slow accrual.",
        completionDateStruct={"date": "2026-01-27", "type": "ACTUAL"},
    )
    assert made.status_line.startswith(
        "Stopped early on 27 January 2026. The study team’s reason: “Slow accrual”."
    )


def test_a_cancelled_study_leads_to_nothing_and_harms_nobody():
    made = read(overallStatus="WITHDRAWN", hasResults=False, enrollmentInfo={"count": 0, "type": "ACTUAL"})
    assert made.could_lead_to == ("It cannot answer its question.",)
    assert len(made.could_go_wrong) == 1


def test_who_does_not_know_is_said_and_nobody_is_not_everybody():
    some = read()
    everybody = read(whoMasked=["PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR", "OUTCOMES_ASSESSOR"])
    assert "Who gets what is hidden from the people taking part and the researchers." in " ".join(
        some.summary
    )
    assert "Neither the people taking part nor the study team know who gets what." in " ".join(
        everybody.summary
    )


def test_drugs_stand_before_samples_and_no_drug_is_hidden_behind_them():
    gets = ["Procedure: Blood sampling", "Other: Questionnaires", "Procedure: Biopsy", "Other: Scan", X]
    made = read(**TREATMENT, **ASTHMA, **arms(("X", "EXPERIMENTAL", gets)), **SINGLE)
    assert "Everyone gets Xamib." in " ".join(made.summary)
    assert made.title == "Xamib for asthma"


def test_grave_events_are_counted_by_group_where_results_are_posted():
    groups = [
        {"id": "EG000", "title": "Tea", "seriousNumAffected": 3, "seriousNumAtRisk": 60},
        {"id": "EG001", "title": "Water", "seriousNumAffected": 1, "seriousNumAtRisk": 58},
    ]
    record = a_record() | {"resultsSection": {"adverseEventsModule": {"eventGroups": groups}}}
    made = by_rules(decode(raw(record)), TODAY)
    assert made.could_go_wrong[0] == (
        "Serious health problems, from the illness itself or any other cause: 3 of 60 in “Tea” and 1 of 58 in “Water”."
    )


def test_deaths_are_told_where_results_are_posted():
    groups = [
        {"title": "Tea", "seriousNumAffected": 3, "seriousNumAtRisk": 60, "deathsNumAffected": 2, "deathsNumAtRisk": 60},
        {"title": "Water", "seriousNumAffected": 1, "seriousNumAtRisk": 58, "deathsNumAffected": 0, "deathsNumAtRisk": 58},
    ]  # fmt: skip
    record = a_record() | {"resultsSection": {"adverseEventsModule": {"eventGroups": groups}}}
    made = by_rules(decode(raw(record)), TODAY)
    assert (
        "Deaths, from the illness itself or any other cause: 2 of 60 in “Tea” and 0 of 58 in “Water”. These numbers alone do not show whether a difference is due to chance."
        in made.could_go_wrong
    )


def test_no_group_with_grave_events_is_left_out_without_a_word():
    groups = [{"title": f"Dose {n}", "seriousNumAffected": n, "seriousNumAtRisk": 20} for n in range(10)]
    record = a_record() | {"resultsSection": {"adverseEventsModule": {"eventGroups": groups}}}
    line = by_rules(decode(raw(record)), TODAY).could_go_wrong[0]
    assert "any other cause: in each of the 10 groups, between 0 of 20 and 9 of 20." in line


def test_that_little_is_known_is_said_only_where_people_get_it_for_the_first_time():
    early = TREATMENT | {"phases": ["PHASE1"]}
    known = read(**early, **ASTHMA, **arms(("T", "EXPERIMENTAL", ["Drug: ABC-1234"])))
    novel = read(
        **early | {"briefSummary": "A first-in-human study."}, **ASTHMA, **arms(("X", "EXPERIMENTAL", [X]))
    )
    assert "first use" not in said(known)
    assert (
        "What is tested is used in people for the first time, so little is known about its side effects."
        in said(novel)
    )


def test_a_group_that_is_named_by_what_it_gets_does_not_get_nothing():
    made = read(
        **TREATMENT,
        **ASTHMA,
        **arms(("X", "EXPERIMENTAL", [X]), ("Radiotherapy alone", "NO_INTERVENTION", [])),
    )
    assert "the other gets “Radiotherapy alone”." in said(made)
    assert "gets nothing" not in said(made)


def test_what_a_procedure_brings_is_said():
    made = read(**TREATMENT, **ASTHMA, **arms(("L", "EXPERIMENTAL", ["Procedure: Lumbar puncture"])))
    assert "A needle in the lower back can cause a headache that lasts days." in made.could_go_wrong


def test_a_control_group_is_never_one_of_those_that_are_only_counted():
    doses = [(f"Dose {n}", "EXPERIMENTAL", [f"Drug: Xamib{'abcde'[n]}"]) for n in range(5)]
    made = read(**TREATMENT, **ASTHMA, **arms(*doses, ("P", "PLACEBO_COMPARATOR", [P])))
    assert "gets a placebo" in said(made)
    assert not re.search("more groups?", said(made))


@pytest.mark.parametrize(
    ("thing", "never"),
    [
        ("Drug: Calcitonin infusion", "operation on the spine"),
        ("Diagnostic Test: Liquid biopsy", "tissue sample"),
        ("Drug: Imatinib", "high blood pressure"),
        ("Device: Insulin catheter", "tube in a blood vessel"),
    ],
)
def test_no_harm_is_read_out_of_a_part_of_a_word(thing, never):
    made = read(**TREATMENT, **ASTHMA, **arms(("A", "EXPERIMENTAL", [thing])))
    assert never not in said(made)


#: Of real records: a sentence that is false of them, wherever it would stand.
FALSE_SAID = {
    "NCT03814226": "operation on the spine",  # an infusion
    "NCT00873782": "operation on the spine",
    "NCT05397184": "operation on the spine",
    "NCT06283576": "tissue sample can hurt",  # a liquid biopsy
    "NCT00939406": "in the liver",  # scars at the spine
    "NCT03955198": "how long people live",  # worsening counts too
    "NCT04870190": "how long the illness stays under control",  # in the brain only
    "NCT06114004": "how long people live",
    "NCT07447570": "how long people live",
    "NCT00203190": "already approved|Everyone got",
    "NCT06546436": "very little is given",
    "NCT02484560": "two years|decided by chance",  # "single group" and "randomised"
    "NCT00458770": "With 1 people",
    "NCT04402008": r"twice(?![^“]*”)",
    "NCT06144970": "1 more group",  # the sham treatment
    "NCT02759614": "It (?:takes|took) place at one site",  # "multicenter"
    "NCT05150938": "It (?:takes|took) place at one site",
}


@pytest.mark.parametrize(("nct_id", "never"), FALSE_SAID.items())
def test_a_false_sentence_that_we_know_is_not_said(stored, nct_id, never):
    for made in (made for study, made in stored if study.nct_id == nct_id):
        assert not re.search(never, said(made)), said(made)


def test_of_a_completed_study_nobody_claims_that_a_plan_was_kept():
    ended = read(overallStatus="COMPLETED", whyStopped=None, enrollmentInfo={"count": 4, "type": "ACTUAL"})
    assert ended.status_line.startswith("Ended")
    assert "as planned" not in ended.status_line


def test_a_study_that_looks_back_brings_nobody_a_gain_or_a_needle():
    made = read(
        studyType="OBSERVATIONAL",
        phases=[],
        designInfo={"observationalModel": "COHORT", "timePerspective": "RETROSPECTIVE"},
        **arms(("B", None, ["Procedure: Blood sampling"])),
    )
    assert "looks back" in made.summary[0]
    assert not re.search("needle|bruise|gain|benefit", " ".join(made.could_go_wrong))


@pytest.mark.parametrize("study_type", ["OBSERVATIONAL", "INTERVENTIONAL", "EXPANDED_ACCESS", "DREAM", None])
def test_a_record_that_says_little_still_gives_a_read(study_type):
    poor = {
        "designModule": {"studyType": study_type},
        "statusModule": {},
        "armsInterventionsModule": {},
        "outcomesModule": {},
    }
    made = read(
        **poor,
        conditionsModule={},
        briefSummary=None,
        briefTitle="Tea",
        officialTitle=None,
        contactsLocationsModule={},
    )
    assert made.title == "Tea"
    assert made.quote == ""
    assert all((made.status_line, made.summary, made.could_lead_to, made.could_go_wrong))
    assert not re.search(r"“”|%|None", said(made))


def test_the_barest_record_gives_a_read():
    made = by_rules(decode(BARE), TODAY)
    assert made.title == "Study NCT90000001"
    assert (made.question, made.quote, made.words, made.measures) == ("", "", (), ())


def test_hostile_text_stays_on_its_line_and_means_nothing():
    made = read(
        briefTitle=HOSTILE,
        officialTitle=HOSTILE,
        briefSummary=HOSTILE,
        interventions=[{"name": HOSTILE, "type": "DRUG"}],
        conditions=[HOSTILE],
        whyStopped=HOSTILE,
        overallStatus="TERMINATED",
        primaryOutcomes=[{"measure": HOSTILE, "timeFrame": HOSTILE}],
    )
    for text in (made.title, made.question, made.quote, *made.summary, *made.measures, said(made)):
        assert re.search(r"[\x00-\x1f\u202a-\u202e\u2066-\u2069]", text) is None


@pytest.mark.parametrize(
    "part",
    ["a", "A ", "(", "and or ", "1-", "of the ", "all the ", "safety and ", "safety and the ", "open-label "],
)
def test_an_endless_text_takes_no_endless_time(part):
    long, title, rule = (f"{(part * 200_000)[:most]} zq." for most in (200_000, 500, 5000))
    read(
        briefTitle=title,
        officialTitle=long,
        briefSummary=long,
        conditions=[long],
        eligibilityCriteria=rule,
        primaryOutcomes=[{"measure": title}],
    )


def test_a_row_of_marks_behind_a_name_takes_no_endless_time():
    said = f"Zorblat{'™' * 90} helps people with knee pain to walk well and to sleep better."
    arm = {"label": "Zorblat", "type": "EXPERIMENTAL", "interventionNames": ["Device: Zorblat"]}
    read(armGroups=[arm], interventions=[{"type": "DEVICE", "name": "Zorblat", "description": said}])


def test_a_row_of_stages_behind_an_illness_takes_no_endless_time():
    ill = f"Hepatitis{' I' * 60} zq"
    read(conditions=[ill], briefTitle=f"Tea for {ill}")


# --- words explained ---------------------------------------------------------------------------------------------


def test_the_glossary_is_large_and_no_term_has_two_meanings():
    meanings = {(term.rstrip("?").casefold(), entry.means) for entry in glossary() for term in entry.terms}
    assert len(glossary()) >= 400
    assert len(meanings) == len({term for term, _ in meanings})
    for entry in glossary():
        assert entry.means, entry
        assert entry.source, entry
        assert len(entry.means.split()) <= 20, entry
        assert banned_in(entry.means) == (), entry


def test_a_record_defines_its_own_short_forms():
    text = "We look at circulating tumor DNA (ctDNA) and the Example Knee Scale (EKS). QLD (quite long distance) too."
    assert definitions(text) == {
        "ctDNA": "circulating tumor DNA",
        "EKS": "Example Knee Scale",
        "QLD": "quite long distance",
    }


def test_what_a_record_says_a_new_medicine_is_is_told_in_plain_words_and_a_plural_is_known():
    tried = {"type": "DRUG", "name": "ABC-1234", "otherNames": ["Intervention group"]}
    told = "ABC-1234, a Cdc7 inhibitor, is tried against antigens of asthma."
    fields = {"interventions": [tried], "armGroups": [], "briefSummary": told, "briefTitle": "ABC-1234 and antigens"}  # fmt: skip
    made = read(**TREATMENT | ASTHMA | fields)
    words = {word.term: word.means for word in made.words}
    assert words["ABC-1234"] == "a medicine that blocks something in the body (“Cdc7 inhibitor”)"
    assert "immune system" in words["antigens"]
    assert "Intervention group" not in words


def test_words_are_explained_by_the_record_before_our_glossary():
    made = read(
        briefSummary="This study asks whether tea helps MS (mild soreness) and non-inferior PFS in knees."
    )
    meanings = {word.term: word.means for word in made.words}
    assert meanings["MS"] == "mild soreness"
    spelled = read(briefSummary="This study asks whether mild soreness (MS) eases with tea in knees.")
    assert "MS" not in {word.term for word in spelled.words}
    assert meanings["PFS"].startswith("how long people live")
    assert "non-inferior" in meanings


def test_a_word_is_explained_once_and_as_it_is_meant():
    jaw = read(briefSummary="This study asks how disc displacement of the jaw heals.")
    back = read(briefSummary="This study asks how disc displacement of the back heals.")
    assert ["disc displacement" in {each.term for each in made.words} for made in (jaw, back)] == [
        False,
        True,
    ]
    bouts = read(
        briefSummary="This study asks whether tea helps cluster headache and episodic cluster headache."
    )
    assert [each.term for each in bouts.words if "cluster" in each.term] == ["episodic cluster headache"]
    known = read(**SINGLE | arms(("A", "EXPERIMENTAL", ["Drug: Arsenic trioxide"])), conditions=["Leukemia"])
    assert "arsenic trioxide" not in {each.term for each in known.words}
    assert "Arsenic trioxide is" in said(known)


def test_sentences_are_found_in_the_registrys_text():
    text = "Background:\n\n* Tea helps, e.g. Camomile. It is old.\n* Objective: To learn more (vs. water)."
    assert quoted_sentences(text) == ("Tea helps, e.g. Camomile.", "It is old.", "To learn more (vs. water).")


# --- for other programs, and in other languages ------------------------------------------------------------------


def test_the_parts_are_plain_json():
    parts = read().parts()
    assert list(parts) == [
        "title",
        "registry_title",
        "status_line",
        "question",
        "summary",
        "quote",
        "words",
        "measures",
        "could_lead_to",
        "could_go_wrong",
    ]
    assert json.loads(json.dumps(parts)) == parts


def test_the_label_says_what_wrote_it_and_of_which_day():
    made = read()
    assert made.source is Origin.RULES
    assert (
        made.label
        == "Put together by fixed rules from the registry's entry dated 12 February 2026. Not written by AI."
    )


PLACES = re.compile(r"%\(\w+\)s")
OTHERS = [language for language in LANGUAGES if language != "en"]


def catalogue(language):
    return [message for message in read_catalogue(language, READS) if message.id]


def forms(message):
    """Each English form with its translation."""
    many = isinstance(message.id, tuple)
    return [*zip(message.id, message.string, strict=True)] if many else [(message.id, message.string)]


def test_no_sentence_of_a_read_promises_and_none_is_longer_than_26_words():
    for message in catalogue("da"):
        for english, _ in forms(message):
            assert banned_in(english) == (), english
            assert (
                max((len(each.split()) for each in re.split(r"(?<=[.?;:])\s", english)), default=0) <= 26
            ), english


@pytest.mark.parametrize("language", OTHERS)
def test_a_read_in_another_language_marks_the_registrys_words(language):
    made = read(language=language)
    assert BEGIN in made.title
    assert plain(made.title) != made.title
    assert not any(sign in json.dumps(made.parts()) for sign in (BEGIN, END))
    assert made.label != read().label
    assert plain(made.could_go_wrong[-1]) != read().could_go_wrong[-1]


@pytest.mark.parametrize("language", OTHERS)
def test_reads_are_whole_in_every_language(language, any_stored):
    english = {
        english
        for message in catalogue(language)
        for english, other in forms(message)
        if "%" not in english and len(english.split()) > 4
    }
    for study, _ in any_stored[::7]:
        made = by_rules(study, TODAY, language)
        whole = plain(said(made))
        assert [each for each in english if each in whole] == [], study.nct_id


# --- titles and people, by the registry's own phrases -------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "who"),
    [
        ("Xamib in Patients With Post-Transplant Asthma", "people with post-transplant asthma"),
        ("Xamib in Children With Asthma Who Use Steroids", "children with asthma who use steroids"),
        ("Xamib in EGFR-mutant Asthma Patients With Fever", "people with EGFR-mutant asthma and fever"),
        ("Xamib in Obese Patients With Asthma", "obese people with asthma"),
        ("Xamib in Healthy Adult Volunteers", "healthy adults"),
        ("Singing for Caregivers of Patients With Asthma", "for 120 caregivers of people with asthma"),
    ],
)
def test_people_are_taken_from_a_title_with_all_that_narrows_them_down(title, who):
    made = read(
        **TREATMENT | {"phases": ["PHASE2"]},
        **ASTHMA | {"briefTitle": title, "officialTitle": None, "conditions": ["Asthma"]},
        **arms(("X", "EXPERIMENTAL", [X])),
        **SINGLE,
        minimumAge=None,
        maximumAge=None,
        sex="ALL",
    )
    assert who in " ".join(made.summary)


def test_of_two_titles_the_narrower_says_whom_it_is_about():
    made = read(
        **TREATMENT,
        **ASTHMA | {"officialTitle": "A Phase 3 Study of Xamib in Patients With Severe Asthma After Zolamab"},
        **arms(("X", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P])),
    )
    assert "people with severe asthma after zolamab" in made.question


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        (
            "Safety and Efficacy of Xamib in Patients With Asthma",
            "Can Xamib help people with asthma?",
        ),
        ("The Effect of Xamib on Sleep in Asthma", "How does Xamib affect sleep in asthma?"),
        ("Xamib Versus Zolamab for Asthma", "Which helps more in adults with asthma: Xamib, or zolamab?"),
        ("A Study of a Xamib in Asthma", "Can a Xamib help adults with asthma?"),
    ],
)
def test_a_title_that_asks_something_is_asked_in_its_own_words(title, asked):
    made = read(
        **TREATMENT,
        **ASTHMA | {"briefTitle": title, "primaryOutcomes": [{"measure": "Tokens in a jar"}]},
        armGroups=[],
        interventions=[{"type": "DRUG", "name": "Xamib"}, {"type": "DRUG", "name": "Zolamab"}],
    )
    assert made.question == asked


@pytest.mark.parametrize(
    ("text", "nothing"),
    [("No treatment", True), ("", True), ("Operation alone", False), ("Usual medicines go on", False)],
)
def test_a_group_goes_without_only_where_its_text_says_nothing_else(text, nothing):
    groups = arms(("X", "EXPERIMENTAL", [X]), ("Group B", "NO_INTERVENTION", []))
    groups["armGroups"][1]["description"] = text
    made = read(**TREATMENT, **ASTHMA, **groups)
    assert ("going without" in made.question) is nothing


def test_chance_does_not_decide_between_kinds_of_people():
    groups = arms(("Ambulatory", "EXPERIMENTAL", [X]), ("Non-ambulatory", "EXPERIMENTAL", [X]))
    made = read(**TREATMENT, **ASTHMA, **groups)
    assert "decided by chance" not in said(made)


def test_who_crosses_over_only_when_the_first_thing_fails_does_not_get_both():
    groups = arms(("X", "EXPERIMENTAL", [X, Z]), ("Z", "ACTIVE_COMPARATOR", [Z]))
    groups["armGroups"][1]["description"] = "May cross over if the illness progresses"
    made = read(**TREATMENT, **ASTHMA, **groups, designInfo__interventionModel="CROSSOVER")
    assert "one after the other" not in said(made)


def test_a_record_that_says_two_things_of_chance_is_not_believed():
    made = read(
        **TREATMENT | {"briefSummary": "This is a randomized study."},
        **ASTHMA,
        **arms(("X", "EXPERIMENTAL", [X]), ("Z", "ACTIVE_COMPARATOR", [Z])),
        designInfo__allocation="NON_RANDOMIZED",
    )
    assert "The record contradicts itself on whether chance decides" in said(made)


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ("Week 52", ", up to 52 weeks"),
        ("Baseline, 3 months and 6 months", ", up to 6 months"),
        ("Baseline", ""),
        ("2 days before intervention", ""),
        ("Cycle 1 (Day 1-28)", ""),
    ],
)
def test_the_time_of_the_main_measure(frame, told):
    [line] = read(primaryOutcomes=[{"measure": "Pain", "timeFrame": frame}]).measures
    assert line == f"how severe the pain is (“Pain”){told}"


def test_what_groups_get_is_told_in_our_words():
    groups = arms(("X", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P]))
    groups["armGroups"][0]["description"] = (
        "Xamib is injected under the skin once a week for 12 weeks. It is effective daily."
    )
    made = read(
        **TREATMENT,
        **ASTHMA,
        **groups,
        eligibilityCriteria="Inclusion Criteria:\n\n* Signed informed consent\n* Asthma diagnosed at least 12 months ago\n\nExclusion Criteria:\n\n* Lung disease in the past year with steroids",
    )
    text = " ".join(made.summary)
    assert "Xamib is given under the skin, once a week, for 12 weeks." in text
    assert "the record says" not in text
    assert "Lung disease" not in text
    assert "consent" not in text
    assert "effective" not in text


@pytest.mark.parametrize(
    ("title", "asked", "lead"),
    [
        (
            "The Association Between Sleep and Vitamin D in Asthma",
            "How are sleep and vitamin D linked in asthma?",
            "It could show how sleep and vitamin D are linked in asthma, but not whether one causes the other.",
        ),
        ("Prevalence of Asthma in Nurses", "How common is asthma in nurses?", "so that care can be planned"),
        ("Risk Factors for Asthma", "What makes asthma more likely?", "who to watch more closely"),
        ("Validation of a New Blood Test in Asthma", "How much can doctors rely on a new blood test in asthma?", "rely on"),
        # A question that says nothing is none.
        ("Asthma: Our Better and Sooner Use of Tea", "", "understand asthma better"),
    ],
)  # fmt: skip
def test_a_phrase_is_turned_into_its_question_and_that_to_its_use(title, asked, lead):
    made = read(
        studyType="OBSERVATIONAL",
        phases=[],
        **ASTHMA | {"briefTitle": title, "primaryOutcomes": [{"measure": "Tokens in a jar"}]},
        armGroups=[],
        interventions=[],
        briefSummary="Tea is old.",
        hasResults=False,
    )
    assert made.question.startswith(asked)
    assert lead in made.could_lead_to[0]


def test_the_aim_of_the_team_is_turned_too_and_is_not_cut_in_a_list():
    told = {"briefTitle": "Asthma 2030", "primaryOutcomes": [{"measure": "Tokens in a jar"}]}
    asked = read(
        studyType="OBSERVATIONAL",
        **ASTHMA | told,
        briefSummary="The aim of this study is to determine the prevalence of asthma in young nurses.",
    )
    cut = read(
        studyType="OBSERVATIONAL",
        **ASTHMA | told,
        briefSummary="The aim of this study is to bring many kinds of data on asthma together, such as "
        "records of hospitals, letters, notes, pictures, films, songs, poems and plays, in one large book for all of us.",
    )
    assert asked.question == "How common is asthma in young nurses?"
    assert "such as" not in cut.question
    assert "wants" not in cut.question


def test_nothing_is_said_to_be_left_open_that_is_measured():
    survival = {"measure": "Overall survival"}
    both = ASTHMA | {"primaryOutcomes": [{"measure": "Progression-free survival"}, survival]}
    arms_ = arms(("X", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P]))
    assert "live longer" not in " ".join(read(**TREATMENT, **both, **arms_).could_lead_to)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Xamib is given by intrathecal injection every month.", "A needle in the lower back"),
        ("Xamib is injected into the eye once.", "An injection into the eye"),
        ("A stimulator system is implanted: implantation of the device takes an hour.", "put into the body"),
    ],
)
def test_how_a_thing_gets_into_the_body_is_told_first(text, line):
    groups = arms(("X", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P]))
    groups["armGroups"][0]["description"] = text
    told = read(**TREATMENT, **ASTHMA, **groups).could_go_wrong
    assert told[0] == "The record does not list the side effects of Xamib: ask which are known."
    assert line in told[1]
    rules = read(**TREATMENT, **ASTHMA, **arms(("X", "EXPERIMENTAL", [X])), eligibilityCriteria=f"No {text}")
    assert line not in said(rules)


def test_salt_water_in_the_place_of_a_placebo_is_one():
    made = read(
        **TREATMENT,
        **ASTHMA,
        **arms(("X", "EXPERIMENTAL", [X]), ("S", "PLACEBO_COMPARATOR", ["Drug: Normal Saline"])),
    )
    assert made.question == "Do people with asthma live longer with Xamib than with a placebo?"
    assert "choose between" not in said(made)


def test_two_that_are_compared_are_never_said_to_be_given_together():
    made = read(
        **TREATMENT,
        **ASTHMA | {"briefTitle": "Comparing Xamib With Zolamab in Patients With Asthma"},
        **arms(("X", "EXPERIMENTAL", [X]), ("Z", "ACTIVE_COMPARATOR", [Z])),
    )
    assert "Xamib with zolamab" not in made.question


@pytest.mark.parametrize(
    ("measure", "plain"),
    [
        ("Blood pressure", "how high blood pressure is"),
        ("To compare the change in HbA1c", "how high blood sugar has been over the past months"),
        (
            "Oral food challenge to egg",
            "whether people can take what they may be allergic to without a reaction",
        ),
        ("Total score of the Example Scale", None),
        ("Percentage of participants with hope", None),
        ("Cytokine-release syndrome", "how often the immune system overreacts"),
    ],
)
def test_measures_that_say_less(measure, plain):
    made = plain_measure(measure)
    assert (made.plain if made else None) == plain


def test_what_only_says_how_a_thing_is_measured_is_not_asked():
    made = read(
        **TREATMENT,
        **ASTHMA | {"primaryOutcomes": [{"measure": "Total score of the Example Scale"}]},
        **arms(("X", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P])),
    )
    assert "Example Scale" not in f"{made.question} {made.could_lead_to}"
    assert made.measures == ("“Total score of the Example Scale”",)


@pytest.mark.parametrize(
    ("title", "keeps"),
    [
        ("Xamib to Prevent Asthma in High-Risk Children", True),
        ("Primary Prevention of Asthma With Xamib", True),
        ("Preventing Relapse of Asthma With Xamib", False),
        ("Sleep Disorder Prevention Program for Asthma", False),
        ("Xamib in Asthma", False),
    ],
)
def test_that_an_illness_is_kept_away_is_asked_only_where_a_title_says_so(title, keeps):
    made = read(
        **TREATMENT | {"designInfo__primaryPurpose": "PREVENTION"},
        **ASTHMA | {"briefTitle": title, "primaryOutcomes": [{"measure": "Tokens in a jar"}]},
        **arms(("X", "EXPERIMENTAL", [X])),
        **SINGLE,
    )
    assert ("stop people getting asthma" in " ".join(made.could_lead_to)) is (
        "stop people getting" in made.question
    )
    if not keeps:
        assert "stop people getting" not in said(made)


def test_what_a_title_names_beside_one_of_two_is_left_to_the_arms():
    made = read(
        **TREATMENT,
        **ASTHMA | {"briefTitle": "Xamib Versus Zolamab Combined With Chemotherapy for Asthma"},
        **arms(("X", "EXPERIMENTAL", [X]), ("Z", "ACTIVE_COMPARATOR", [Z])),
        minimumAge=None,
    )
    assert "chemotherapy" not in made.question.casefold() or "compare" not in made.question


def test_who_left_because_of_trouble_with_health_is_told_where_results_are_posted():
    def of(number):
        return [{"groupId": "FG000", "numSubjects": number}, {"groupId": "FG001", "numSubjects": "0"}]

    flow = {
        "groups": [{"id": "FG000", "title": "Tea"}, {"id": "FG001", "title": "Water"}],
        "periods": [
            {
                "milestones": [
                    {
                        "type": "STARTED",
                        "achievements": [*of("60")[:1], {"groupId": "FG001", "numSubjects": "58"}],
                    }
                ],
                "dropWithdraws": [
                    {"type": "Adverse Event", "reasons": of("4")},
                    {"type": "Lost to Follow-up", "reasons": of("9")},
                ],
            }
        ],
    }
    told = "People who left early because of health problems: 4 of 60 in “Tea” and 0 of 58 in “Water”."
    record = a_record() | {"resultsSection": {"participantFlowModule": flow}}
    assert told in by_rules(decode(raw(record)), TODAY).could_go_wrong
    flow["periods"][0]["dropWithdraws"][0]["reasons"] = of("61")  # more than began
    assert told[:20] not in said(by_rules(decode(raw(record)), TODAY))
    record["resultsSection"]["participantFlowModule"] = {"groups": 1, "periods": [{"milestones": "no"}]}
    assert told[:20] not in said(by_rules(decode(raw(record)), TODAY))


def test_what_healthy_people_get_is_not_said_to_be_used_for_the_illness():
    made = read(
        **TREATMENT | {"phases": ["PHASE1"]},
        **ASTHMA
        | {"briefTitle": "Where Xamib Goes in Healthy Men", "primaryOutcomes": [{"measure": "Tokens"}]},
        **arms(("X", "EXPERIMENTAL", [X])),
        healthyVolunteers=True,
    )
    assert "used for" not in made.question


SUGAR = [{"measure": "Change in HbA1c", "timeFrame": "24 weeks"}]
DIABETES = {"conditions": ["Type 2 Diabetes"], "officialTitle": None, "primaryOutcomes": SUGAR}


@pytest.mark.parametrize(
    ("title", "groups", "asked"),
    [
        ("Xamib in Adults With Type 2 Diabetes", arms(("X", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P])),
         "Can Xamib lower blood sugar in adults with type 2 diabetes more than a placebo?"),
        ("Xamib and Zolamab in Adults With Type 2 Diabetes", arms(("XZ", "EXPERIMENTAL", [X, Z]), ("Z", "PLACEBO_COMPARATOR", [Z, P])),
         "Can adding Xamib to zolamab lower blood sugar in adults with type 2 diabetes?"),
        ("Xamib for Type 2 Diabetes", arms(("XZ", "EXPERIMENTAL", ["Drug: Xamib + Zolamab"]), ("Z", "ACTIVE_COMPARATOR", [Z])),
         "Can adding xamib to zolamab lower blood sugar in adults with type 2 diabetes?"),
        ("Xamib With Radiotherapy in Adults With Type 2 Diabetes", arms(("X", "EXPERIMENTAL", [X]), ("Radiotherapy alone", "NO_INTERVENTION", [])),
         "Can adding Xamib to radiotherapy lower blood sugar in adults with type 2 diabetes?"),
        ("Walking in Adults With Type 2 Diabetes",
         arms(("W", "EXPERIMENTAL", ["Behavioral: Walking"]), ("U", "OTHER", ["Other: Background medication"])),
         "Can walking lower blood sugar in adults with type 2 diabetes more than usual care?"),
        ("Xamib With or Without Zolamab for Type 2 Diabetes",
         arms(("XZ", "EXPERIMENTAL", ["Drug: Xamib/Zolamab"]), ("X", "ACTIVE_COMPARATOR", ["Drug: Xamib/Placebo"])),
         "Can adding zolamab to Xamib lower blood sugar in adults with type 2 diabetes?"),
    ],
)  # fmt: skip
def test_what_is_added_and_what_is_compared_stand_in_the_question(title, groups, asked):
    made = read(**TREATMENT, **DIABETES, briefTitle=title, **groups)
    assert made.question == asked
    assert not re.search("over the past months|comes of|happens to", " ".join((asked, *made.could_lead_to)))


def test_a_trial_that_is_listed_as_expanded_access_is_a_trial():
    both = arms(("X", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P]))
    made = read(
        **TREATMENT, **DIABETES, **both, studyType="EXPANDED_ACCESS", briefTitle="Xamib for Type 2 Diabetes"
    )
    assert "more than a placebo" in made.question
    assert not re.search("outside a study|not a study|not approved for them yet", said(made))


@pytest.mark.parametrize(
    ("title", "measure", "never"),
    [
        # The people get it anyway, and something else is looked at.
        ("Vaccines in Adults With Type 2 Diabetes Treated With Xamib", "Response to a vaccine", "Can Xamib help"),
        # Too low is treated, not too high.
        ("Xamib for Low Blood Sugar in Type 2 Diabetes", "Blood glucose", "lower blood sugar"),
        # A dose of another medicine counts no side effects.
        ("Xamib for Type 2 Diabetes", "Mean total dose of insulin glargine", "side effects"),
        # What is given is no part of the illness.
        ("Triple Therapy for Type 2 Diabetes With Xamib and Insulin", "Change in HbA1c", "(?:adults|people) with type 2 diabetes with Xamib"),
        ("A CR-UK Phase I Trial of Xamib in Type 2 Diabetes", "Change in HbA1c", "(?i)cr-uk"),
        ("Xamib in Type 2 Diabetes Patients Who Failed Metformin", "Change in HbA1c", "failed"),
        ("Chemotherapy With Xamib in People With Diabetes", "Change in HbA1c", "in people in people"),
        ("Switching to Xamib in Adults With Type 2 Diabetes", "Change in HbA1c", "Can switching lower"),
    ],
)  # fmt: skip
def test_a_question_says_nothing_false(title, measure, never):
    outcomes = [{"measure": measure, "timeFrame": "1 year"}]
    made = read(
        **TREATMENT,
        **DIABETES | {"primaryOutcomes": outcomes},
        briefTitle=title,
        **arms(("X", "EXPERIMENTAL", [X])),
        **SINGLE,
    )
    assert not re.search(never, " ".join((made.title, made.question, *made.could_lead_to)))


@pytest.mark.parametrize(
    ("title", "made"),
    [
        (
            "Xamib in Asthma Patients Who Failed Previous Treatment",
            "Xamib for asthma despite previous treatment",
        ),
        ("Xamib After After Surgery for Asthma in Children", "Xamib after surgery for asthma in children"),
        ("Xamib for the Prophylaxis of Asthma in Children", "Xamib to prevent asthma in children"),
        ("TRY-ME: Xamib + Zolamab + Tealimab in Asthma", "Xamib, zolamab and tealimab in asthma"),
        ("Xamib in NSCLC Harboring EGFR Mutation", "Xamib in non-small cell lung cancer with EGFR mutation"),
    ],
)
def test_a_title_is_mended_where_the_registrys_own_is_broken(title, made):
    assert (
        read(**TREATMENT, **ASTHMA | {"briefTitle": title}, **arms(("X", "EXPERIMENTAL", [X]))).title == made
    )


def test_a_study_that_ended_with_a_handful_leads_to_no_answer():
    few = {"overallStatus": "TERMINATED", "enrollmentInfo": {"count": 3, "type": "ACTUAL"}}
    made = read(**TREATMENT, **ASTHMA, **few, **arms(("X", "EXPERIMENTAL", [X])))
    assert "Only 3 people took part, so it cannot show much." in made.could_lead_to


def test_a_set_time_is_told_where_the_record_has_it():
    measured = [{"measure": "Overall survival rate", "timeFrame": "3 years"}]
    made = read(**TREATMENT, **ASTHMA | {"primaryOutcomes": measured}, **arms(("X", "EXPERIMENTAL", [X])))
    assert made.measures == ("how many people are alive after 3 years (“Overall survival rate”)",)


def test_where_a_sentence_may_end_its_last_letters_alone_are_looked_at(monkeypatch):
    """All of it, at each of thousands of numbers with a dot, took nine seconds."""
    looked_at = []

    class Watched:
        def search(self, text):
            looked_at.append(len(text))
            return no_end.search(text)

    no_end = quoting._NO_END
    monkeypatch.setattr(quoting, "_NO_END", Watched())
    assert quoting.sentences("It compares. " + "1. " * 1000)[0] == "It compares."
    assert quoting.sentences("It is new, approx. 5 mg. It helps.") == (
        "It is new, approx. 5 mg.",
        "It helps.",
    )
    assert max(looked_at) <= quoting.LONGEST_NO_END


@pytest.mark.parametrize(
    ("title", "never"),
    [
        ("Xamib in Adults With Adult Asthma", "adults with adult"),
        ("Xamib in Relapsed/Refractory Asthma Patients", "relapsed/refractory"),
        ("Xamib for Asthma With Child-Pugh Class B Cirrhosis", "child.pugh"),
        ("Xamib in Patients With MildTraumatic Asthma", "[a-z]Traumatic"),
        ("Xamib in Patients With Asthma, BRain Edition", "BRain"),
        ("Whether Xamib Helps People With Asthma", "^Whether"),
        ("Xamib for a Sooner and Better Treatment of Asthma", "[Bb]etter"),
        ("Novel Xamib in Patients With Treatment-naive Asthma", "[Nn]ovel|na.ve"),
        ("Combination of Xamib and Ycin and Zolamab in Asthma", "Xamib and Ycin and"),
    ],
)
def test_no_title_or_question_doubles_people_or_keeps_what_was_mistyped(title, never):
    made = read(**TREATMENT, **ASTHMA | {"briefTitle": title}, **arms(("X", "EXPERIMENTAL", [X])))
    assert not re.search(never, made.title)
    assert not re.search(never, made.question)


def test_what_is_hoped_for_is_not_asked_where_only_safety_is_measured():
    measured = [{"measure": "Safety of the device: adverse events", "timeFrame": "12 weeks"}]
    few = {"enrollmentInfo": {"count": 10, "type": "ESTIMATED"}}
    tried = arms(("Device", "EXPERIMENTAL", ["Device: Nerve Stimulator"]))
    titled = {"briefTitle": "Nerve Stimulator for the Prevention of Asthma", "primaryOutcomes": measured}
    made = read(**TREATMENT | {"phases": ["NA"]}, **ASTHMA | titled | few, **tried, **SINGLE)
    assert "prevent" not in made.question
    assert re.fullmatch(
        r"It could show whether the side effects of .* are mild enough for larger studies\.",
        made.could_lead_to[0],
    )


@pytest.mark.parametrize(
    ("overrides", "part", "said_there"),
    [
        # The medicine has the side effects, not the illness.
        ({"studyType": "OBSERVATIONAL", "briefTitle": "ZOLAMAB Tablets Special Investigation",
          "primaryOutcomes": [{"measure": "Incidence of adverse drug reactions"}], "armGroups": [], "interventions": []}, "question",
         "What side effects can ZOLAMAB cause in asthma?"),
        # What happens in the body is no help yet.
        ({"phases": ["PHASE1"], "primaryOutcomes": [{"measure": "Suppression of glucose production"}]}, "question",
         "How does Xamib affect the body in people with asthma?"),
        # What is watched has a name.
        ({"studyType": "OBSERVATIONAL", "briefTitle": "A General Use Survey", "primaryOutcomes": [{"measure": "Tokens in a jar"}]}, "question",
         "What can doctors learn by following adults with asthma over time?"),
        ({"overallStatus": "TERMINATED", "whyStopped": "Futility at the interim analysis"}, "could_lead_to",
         "It stopped because a benefit looked unlikely."),
        # What the team says it wants to learn is asked, not told.
        ({"studyType": "OBSERVATIONAL", "briefTitle": "The Tea Registry", "armGroups": [], "interventions": [],
          "briefSummary": "The aim of this study is to identify the genes that influence the onset of asthma."}, "question",
         "Which genes play a part in the onset of asthma?"),
        ({"studyType": "OBSERVATIONAL", "briefTitle": "The Tea Registry", "armGroups": [], "interventions": [],
          "briefSummary": "The aim is to assess the feasibility of a tea diary in people with asthma."}, "question",
         "Can a tea diary work in practice in people with asthma?"),
        ({"studyType": "OBSERVATIONAL", "briefTitle": "The Tea Registry", "armGroups": [], "interventions": [],
          "briefSummary": "The aim is to explore the relationships between sleep, tea, and breath in people with asthma."}, "question",
         "How are sleep, tea and breath linked in people with asthma?"),
        ({"studyType": "OBSERVATIONAL", "briefTitle": "The Tea Registry", "armGroups": [], "interventions": [],
          "briefSummary": "The goal of this study is to describe the treatment patterns of asthma across the Gulf."}, "question",
         "How is asthma across the Gulf treated?"),
        # Of one listed illness and a sure measure something can be asked, whatever the purpose.
        (
            arms(
                ("X", "EXPERIMENTAL", ["Behavioral: Tea by telephone"]),
                ("U", "ACTIVE_COMPARATOR", ["Other: Usual care"]),
            )
            | {
                "designInfo__primaryPurpose": "HEALTH_SERVICES_RESEARCH",
                "briefTitle": "The Tea Line Trial",
                "officialTitle": "The Tea Line Trial in People With Asthma",
            }
            | {
                "briefSummary": "It is tested whether it is as effective as usual care.",
                "primaryOutcomes": [{"measure": "Asthma Control Test"}],
            },
            "question",
            "Can tea by telephone do as well as usual care in people with asthma?",
        ),
        # Many medicines beside it are what the title calls them together; what people carry stands before what they have.
        (
            arms(
                ("X", "EXPERIMENTAL", [X, Z]),
                ("C", "ACTIVE_COMPARATOR", ["Drug: Vimba", "Drug: Rumba", "Drug: Samba"]),
            )
            | {
                "designInfo__allocation": "RANDOMIZED",
                "briefTitle": "Xamib With Zolamab Versus Chemotherapy in Adults With Advanced Asthma With ABC1-expressing",
            },
            "question",
            "Do adults with ABC1-expressing advanced asthma live longer with Xamib and zolamab than with chemotherapy?",
        ),
        # Questions that people fill in are nothing to which a medicine is added.
        (arms(("X", "EXPERIMENTAL", [X, "Other: Questionnaire"]), ("P", "PLACEBO_COMPARATOR", [P, "Other: Questionnaire"])), "question",
         "Do people with asthma live longer with Xamib than with a placebo?"),
        # Who measures bone counts no fractures.
        ({"briefTitle": "Effect of Xamib on Fractures in People With Asthma", "officialTitle": "Effect of Xamib on Bone Health in Asthma",
          "primaryOutcomes": [{"measure": "Bone mineral density"}]}, "title", "Effect of Xamib on bone health in asthma"),
        # The pain of a needle is not that of the illness.
        (arms(("A", "EXPERIMENTAL", ["Device: Buzza"]), ("B", "NO_INTERVENTION", []))
         | {"briefTitle": "Buzza in Reducing Injection Pain in People With Asthma", "primaryOutcomes": [{"measure": "Pain during injection (VAS)"}]},
         "question", "Can Buzza help to reduce injection pain in people with asthma?"),
        # What is to be kept away is nothing that it is compared with.
        ({"briefTitle": "A Study Comparing the Efficacy and Safety of Xamib for the Prevention of Asthma", "officialTitle": None}, "title",
         "Xamib to prevent asthma"),
        # A "standard bike" makes no group one that the others are measured by: all that are tried are named.
        (
            arms(
                ("Walking", "EXPERIMENTAL", ["Behavioral: Walking"]),
                ("Cycling on a standard bike", "EXPERIMENTAL", ["Behavioral: Cycling"]),
                ("Rowing", "EXPERIMENTAL", ["Behavioral: Rowing"]),
            )
            | {
                "designInfo__interventionModel": "PARALLEL",
                "primaryOutcomes": [{"measure": "Feasibility: adherence to sessions"}],
            },
            "question",
            "Can walking, Cycling or Rowing work in practice for people with asthma?",
        ),
        # Whether it helps is not asked where only what is in the blood is measured; where harm is, a title may ask both.
        ({"primaryOutcomes": [{"measure": "Xamib trough levels in plasma"}]}, "question",
         "How much Xamib is in the blood of people with asthma, and for how long?"),
        (
            {
                "briefTitle": "Long-Term Safety and Efficacy of Xamib for the Prevention of Asthma",
                "primaryOutcomes": [
                    {"measure": "Number of Participants With Adverse Events"},
                    {"measure": "Number of Participants With Suicidal Ideation"},
                    {"measure": "Maximum Plasma Concentration of Xamib"},
                ],
            },
            "question",
            "Can Xamib help adults with asthma, and what are the side effects?",
        ),
        # To what it is added in all groups, a text may say alone.
        ({"briefTitle": "Xamib as an Adjunct to Standard of Care Inhaler Therapy in Asthma", "primaryOutcomes": [{"measure": "Pain"}]}, "question",
         "Can adding Xamib to standard of care inhaler therapy ease pain in adults with asthma?"),
        # The registry's widest heading, where its list is narrower.
        ({"briefTitle": "Xamib in Patients With Refractory Hematological Malignancies",
          "conditions": ["Lymphoblastic Lymphoma Recurrent", "Acute Lymphoblastic Leukemia, in Relapse"],
          "primaryOutcomes": [{"measure": "Overall survival"}]}, "question",
         "How long do some adults with recurrent lymphoblastic lymphoma or acute lymphoblastic leukemia in relapse live with Xamib?"),
        # What brings trouble about is asked as such, and what is only watched by its measure.
        ({"briefTitle": "The Effect of Xamib Infusion in Inducing Pain in Patients With Asthma", "designInfo__primaryPurpose": "BASIC_SCIENCE",
          "primaryOutcomes": [{"measure": "Pain"}]}, "question", "How do people with asthma react to Xamib?"),
        ({"studyType": "OBSERVATIONAL", "designInfo__primaryPurpose": None, "phases": [], "briefTitle": "Steps in Patients With Asthma",
          "primaryOutcomes": [{"measure": "HbA1c"}], "armGroups": [], "interventions": []}, "question",
         "How high is blood sugar in people with asthma?"),
        # Of what a title calls the safety of a device, its harm is asked.
        ({"studyType": "OBSERVATIONAL", "designInfo__primaryPurpose": None, "phases": [],
          "briefTitle": "Assessment of the Xamib Valve System Safety in Patients With Asthma", "primaryOutcomes": [{"measure": "Tokens in a jar"}],
          "armGroups": [], "interventions": []}, "question", "What side effects can the xamib valve system cause in people with asthma?"),
        # Two of a title are compared: what both do is not asked.
        ({"briefTitle": "Two Inhalers in Patients With Asthma", "primaryOutcomes": [{"measure": "Pain"}]}, "question",
         "Can Xamib ease pain in people with asthma?"),
        # Side effects do not "come with A with B".
        (arms(("X and Z", "EXPERIMENTAL", [X, Z]))
         | {"briefTitle": "Safety of Xamib Combined With Zolamab in Patients With Asthma", "primaryOutcomes": [{"measure": "Adverse events"}]},
         "question", "What side effects can Xamib and zolamab cause in people with asthma?"),
        # Of many illnesses, one alone is no title.
        ({"studyType": "OBSERVATIONAL", "briefTitle": "Tea Marker Study", "conditions": ["Asthma", "Gout", "Vertigo"]}, "title",
         "Tea marker study in asthma, gout and others"),
    ],
)  # fmt: skip
def test_a_question_is_of_what_is_measured_and_of_what_is_tried(overrides, part, said_there):
    made = read(**TREATMENT | ASTHMA | arms(("X", "EXPERIMENTAL", [X])) | SINGLE | overrides)
    told = getattr(made, part)
    assert (told if isinstance(told, str) else told[0]) == said_there


def test_a_marked_name_keeps_its_capital_and_a_bracket_is_not_cut():
    made = read(
        **TREATMENT
        | ASTHMA
        | arms(("X", "EXPERIMENTAL", ["Drug: intravenous oncozar"]))
        | SINGLE
        | {
            "briefTitle": "The Brain (Brain IN Asthma) Memory Study 2.0 of Intravenous Oncozar® (Course of Asthma)"
        }
    )
    assert "Oncozar" in made.title
    assert "oncozar" not in made.title
    assert "describes them as" not in said(made)


@pytest.mark.parametrize(
    ("said_by_it", "conditions", "title"),
    [
        # A maker's name before that of its thing says nothing, and a thing alone not for what it is.
        ("Performance of Tealand Spine Works Tealand Disc", ["Worn Disc Disease"], "Tealand disc in worn disc disease"),
        ("Head-to-Head Comparison of Two Needles in Asthma", ["Asthma"], "Direct comparison of two needles in asthma"),
        ("XAMIBA Injection General Use Result Survey", ["Asthma"], "XAMIBA injection in asthma"),
        ("Failed Back Surgery Syndrome in Adults", ["Back Pain"], "Failed back surgery syndrome in adults"),
        ("TTC in Asthma", ["Asthma"], "Tea tasting course in asthma"),
        ("Asthma Care: Tea &amp; Walks in Asthma", ["Asthma"], "Tea and walks in asthma"),
    ],
)  # fmt: skip
def test_a_title_says_what_its_thing_is_and_is_for(said_by_it, conditions, title):
    made = read(
        studyType="OBSERVATIONAL",
        briefTitle=said_by_it,
        officialTitle=said_by_it,
        conditions=conditions,
        keywords=[],
        armGroups=[],
        interventions=[{"type": "DEVICE", "name": "Tealand disc"}],
        briefSummary="The Tea Tasting Course (TTC) is old.",
    )
    assert made.title == title


def test_a_narrower_title_is_quoted_where_the_list_has_a_short_form_of_the_illness():
    said_by_it = "Xamib for Non-Small Cell Lung Cancer With Vimba Mutation"
    short = {"briefTitle": "Xamib for NSCLC", "officialTitle": said_by_it, "conditions": ["NSCLC"]}
    told = said(read(**TREATMENT | short | arms(("X", "EXPERIMENTAL", [X])) | SINGLE))
    assert "vimba mutation" in told.casefold()


W = "Drug: Wemodib"


@pytest.mark.parametrize(
    ("groups", "titled", "asked"),
    [
        # By what all get no group is left out.
        ([("A", "EXPERIMENTAL", [X]), ("B", "EXPERIMENTAL", [X, Z])], "Xamib Alone and in Combination in Patients With Asthma",
         "Can Xamib, alone or with other treatments, help people with asthma?"),
        ([("A", "EXPERIMENTAL", [X, Z]), ("B", "EXPERIMENTAL", [X, W])], "Xamib in Patients With Asthma",
         "Can Xamib, in different combinations, help people with asthma?"),
        ([("A", "EXPERIMENTAL", ["Drug: AB-12 as Monotherapy"]), ("B", "EXPERIMENTAL", ["Drug: AB-12 in combination with Zolamab"])],
         "AB-12 in Patients With Asthma", "Can AB-12, alone or with other treatments, help people with asthma?"),
        # One tried without a control is no control, whatever else its label says.
        ([("A", "EXPERIMENTAL", [X]), ("X, with or without Z", "EXPERIMENTAL", [X, Z])], "Xamib in Patients With Asthma",
         "Can Xamib, alone or with other treatments, help people with asthma?"),
        # The doses in front of a name are none of it.
        ([("A", "EXPERIMENTAL", ["Drug: escalating doses of Xamib"])], "Escalating Doses of Xamib in Patients With Asthma",
         "Can Xamib help people with asthma?"),
        # Two names, one of which ends like the other.
        ([("A", "EXPERIMENTAL", ["Drug: HT-AB1"]), ("B", "EXPERIMENTAL", ["Drug: AB1"])], "Heated and Raw AB1 (HT-AB1) in Patients With Asthma",
         "How do HT-AB1 and AB1 compare in people with asthma?"),
        # A maker's name is not what people get, where a title says what they get.
        ([("A", "EXPERIMENTAL", ["Drug: MortonHale"]), ("B", "PLACEBO_COMPARATOR", [P])], "Mite Immunotherapy in Patients With Asthma",
         "Can mite immunotherapy help people with asthma?"),
    ],
)  # fmt: skip
def test_what_is_asked_of_is_whole_and_named(groups, titled, asked):
    record = ASTHMA | {"briefTitle": titled, "primaryOutcomes": [{"measure": "Tokens in a jar"}]}
    assert read(**TREATMENT, **record, **arms(*groups)).question == asked


@pytest.mark.parametrize(
    ("gets", "titled"),
    [
        (
            ["Drug: First group of warm Xamib", "Drug: Second group of warm Xamib"],
            "Heat in Patients With Asthma",
        ),
        (["Device: Test Article"], "Skin Reactions in Patients With Asthma"),
        (["Drug: Xamib", "Biological: immune evaluation"], "Immune Cells in Patients With Asthma"),
        (["Other: QoL determinants"], "Prevention in Patients With Asthma"),
        (["Drug: Xamib", "Drug: Xamib alone"], "Reasonable Dosage in Patients With Asthma"),
    ],
)
def test_no_label_measurement_or_schedule_is_asked_of_as_if_people_got_it(gets, titled):
    made = read(**TREATMENT, **ASTHMA | {"briefTitle": titled}, **arms(("A", "EXPERIMENTAL", gets)))
    assert not re.search(r"(?i)group|article|evaluation|determinants|alone|dosage", made.question)


@pytest.mark.parametrize(
    ("summary", "asked"),
    [
        (
            "This is an open-label trial to evaluate the safety of Xamib in asthma over a year.",
            "The study looks at “the safety of Xamib in asthma over a year”.",
        ),
        (
            "This study examines why some people with asthma cough at night.",
            "The study team asks “why some people with asthma cough at night”.",
        ),
        ("The aim is to to evaluate the safety of Xamib in people with asthma.", ""),
    ],
)
def test_the_teams_own_aim_is_quoted_rather_than_an_empty_question(summary, asked):
    plain_title = {"briefTitle": "Tea Study With Asthma", "briefSummary": summary}
    made = read(
        designInfo__primaryPurpose="OTHER",
        **ASTHMA | plain_title,
        **arms(("A", "EXPERIMENTAL", ["Other: Survey"])),
    )
    assert made.question == asked or (not asked and "“" not in made.question)


@pytest.mark.parametrize(
    ("title", "asked", "not_asked"),
    [
        ("Outcomes of Bee Sting Allergy in Asthma", "How often do attacks happen", "do with"),
        ("Outcomes of Sinus Surgery in Asthma", "How well do people do with sinus surgery", "learn"),
        ("Prevalence of Cough and Community Work in Asthma", "How often do attacks happen", "How common"),
        ("Psychological Factors That Influence Attacks in Asthma", "What influences attacks", "How often"),
        ("Attacks in People With Asthma", "How often do attacks happen in people with asthma", "learn"),
    ],
)
def test_a_watched_study_is_asked_for_what_its_title_asks(title, asked, not_asked):
    watched = {"studyType": "OBSERVATIONAL", "briefTitle": title, "armGroups": [], "interventions": []}
    measured = {"primaryOutcomes": [{"measure": "Number of asthma attacks"}], "briefSummary": "Tea is old."}
    made = read(**ASTHMA | watched | measured)
    assert made.question.startswith(asked)
    assert not_asked not in made.question


def test_what_is_measured_is_not_asked_for_the_difference_it_makes():
    titled = {
        "briefTitle": "Assessment of Blood Levels of Tea in Patients With Asthma",
        "briefSummary": "Tea is old.",
    }
    measured = arms(("A", "EXPERIMENTAL", ["Other: Blood levels of tea"]))
    made = read(**ASTHMA | titled, **measured, designInfo__primaryPurpose="OTHER", phases=["NA"])
    assert "make in" not in (made.question or "")


def test_a_thing_is_not_asked_for_the_difference_that_it_makes_to_nobody():
    record = {"briefTitle": "Zolascope at Home", "conditions": [], "keywords": []}
    made = read(**TREATMENT | ASTHMA | record, **arms(("A", "EXPERIMENTAL", ["Device: Zolascope"])))
    assert "make?" not in (made.question or "")
