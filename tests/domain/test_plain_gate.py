"""What a model's read must pass: nothing that is not on record, no claim, no pressure, plain, short and without markup."""

import pytest
from factories import a_record, raw

from notifier.domain.study import decode
from notifier.domain.summaries.gate import Draft, faults
from notifier.domain.summaries.words import forms, is_everyday

STUDY = decode(raw(a_record()))
GOOD = Draft(
    title="Camomile tea for knee pain",
    question="Does camomile tea ease knee pain in adults?",
    summary=(
        "This study looks at whether camomile tea eases knee pain in adults. About 120 people will take part.",
        "Chance decides who drinks camomile tea and who drinks warm water.",
        "The study team measures knee pain after 12 weeks.",
    ),
    could_lead_to=("It could show whether camomile tea makes a difference to knee pain.",),
)


def with_text(text, part="summary"):
    """The good draft with another sentence in it."""
    parts = {name: getattr(GOOD, name) for name in ("title", "question", "summary", "could_lead_to")}
    parts[part] = text if part in {"title", "question"} else (*parts[part], text)
    return Draft(**parts)


def wrong(draft):
    return " / ".join(faults(draft, STUDY))


def test_a_faithful_plain_text_passes():
    assert wrong(GOOD) == ""


@pytest.mark.parametrize(
    ("text", "stranger"),
    [
        ("About 121 people will take part.", "121"),
        ("It takes 13.5 weeks.", "13.5"),
        ("It takes fourteen weeks.", "fourteen"),
        ("It will end in March 2028.", "March 2028"),
        ("People get metformin too.", "metformin"),
        ("People get MetforMin too.", "MetforMin"),
        ("It is for people with diabetes.", "diabetes"),
        ("It is for people with lung problems.", "lung"),
        ("There is a place in Sweden.", "Sweden"),
        ("There is a place in sweden.", "sweden"),
        ("Half of the people get tea.", "Half"),
        ("People get an injection.", "injection"),
    ],
)
def test_a_number_a_drug_an_illness_or_a_place_that_is_not_on_record_is_found(text, stranger):
    assert wrong(with_text(text)) == f"names what does not stand in the record ({stranger})"


@pytest.mark.parametrize(
    "text",
    [
        "There is a place in Denmark.",
        "There are 3 places.",
        "There are three places.",
        "There are two groups.",
        "It will last until September 2027.",
        "People with osteoarthritis can ask the study team.",
        "It doesn't say who pays.",
        "The Example Trust runs it.",
    ],
)
def test_what_stands_in_the_record_may_be_said(text):
    assert wrong(with_text(text)) == ""


def test_a_number_of_a_contact_or_of_a_place_on_the_map_is_no_number_of_the_study():
    assert "names what does not stand" in wrong(with_text("Up to 555 people take part."))
    assert "names what does not stand" in wrong(with_text("Up to 62701 people take part."))


@pytest.mark.parametrize(
    "text",
    [
        "This is a breakthrough for knee pain.",
        "It is safe to drink.",
        "You may be eligible.",
        "It is a new treatment.",
        "You should ask now.",
    ],
)
def test_what_is_never_said_is_found(text):
    assert "says what is never said" in wrong(with_text(text))


@pytest.mark.parametrize(
    "text",
    [
        "Camomile tea works.",
        "The tea helps people with knee pain.",
        "Tea reduces pain in the knee.",
        "Those who drink tea live longer.",
    ],
)
def test_a_claim_is_found_and_a_question_is_none(text):
    assert "claims that something works" in wrong(with_text(text))
    asked = f"It looks at whether {text[0].lower()}{text[1:]}"
    assert "claims" not in wrong(with_text(asked))


def test_that_something_could_help_may_stand_only_where_it_is_about_what_could_be():
    text = "Tea could help people with knee pain."
    assert "claims" not in wrong(with_text(text, "could_lead_to"))
    assert "claims" in wrong(with_text(text))


@pytest.mark.parametrize(
    "text",
    [
        "See https://evil.example",
        "See www.evil.example",
        "<b>Tea</b>",
        "**Tea**",
        "[tea](x)",
        "a@b.example",
        "&lt;b",
    ],
)
def test_markup_and_links_are_found(text):
    assert "has markup or a link" in wrong(with_text(text))


@pytest.mark.parametrize("text", ["Tea.\nTea.", "Tea \u202e.", "Tea\u200b.", "Tea\x07."])
def test_hidden_signs_and_line_breaks_are_found(text):
    assert "has line breaks, or signs that cannot be seen" in wrong(with_text(text))


def test_hard_words_and_long_sentences_are_found():
    hard = "Notwithstanding considerable intervention participation, investigators additionally determine."
    assert "reads at grade" in wrong(with_text(f"{hard} {hard}"))
    assert "has sentences of more than 26 words" in wrong(with_text("It is tea and " * 8 + "tea."))


def test_the_names_of_the_record_do_not_make_a_text_hard():
    long = a_record(conditions=["Hypereosinophilic Esophagogastroduodenal Osteoarthropathy"])
    text = "This study looks at Hypereosinophilic Esophagogastroduodenal Osteoarthropathy. " * 3
    assert "grade" not in " ".join(faults(with_text(text.strip()), decode(raw(long))))


@pytest.mark.parametrize(
    "draft",
    [
        Draft("", GOOD.question, GOOD.summary, GOOD.could_lead_to),
        Draft(GOOD.title, "Tea.", GOOD.summary, GOOD.could_lead_to),
        Draft(GOOD.title, "Is it " + "tea " * 30 + "?", GOOD.summary, GOOD.could_lead_to),
        Draft(GOOD.title, GOOD.question, (), GOOD.could_lead_to),
        Draft(GOOD.title, GOOD.question, ("Tea.",), GOOD.could_lead_to),
        Draft(GOOD.title, GOOD.question, GOOD.summary, ("",)),
        Draft(GOOD.title, GOOD.question, GOOD.summary * 3, GOOD.could_lead_to),
        Draft("Tea " * 50, GOOD.question, GOOD.summary, GOOD.could_lead_to),
        Draft(GOOD.title, GOOD.question, ("It is tea. " * 100,), GOOD.could_lead_to),
    ],
)
def test_a_part_that_is_empty_or_too_long_is_found(draft):
    assert wrong(draft)


def test_the_plain_word_for_a_word_of_the_trade_stands_in_the_record_with_it():
    assert "(kidney)" in wrong(with_text("It looks at the kidney."))
    renal = decode(raw(a_record(conditions=["Renal Insufficiency"])))
    assert not list(faults(with_text("It looks at the kidney."), renal))


def test_forms_of_a_word_are_one_word():
    assert not forms("studies").isdisjoint(forms("study"))
    assert not forms("tumours").isdisjoint(forms("tumor"))
    assert not forms("stopped").isdisjoint(forms("stop"))
    assert forms("metformin").isdisjoint(forms("meter"))


@pytest.mark.parametrize(
    "word",
    [
        "cancer", "diabetes", "pain", "fever", "stroke", "heart", "lung", "blood", "brain", "skin", "aspirin", "insulin",
        "vaccine", "surgery", "chemotherapy", "radiation", "sugar", "salt", "alcohol", "Denmark", "America", "London",
        "two", "seven", "hundred", "million",
    ],
)  # fmt: skip
def test_no_illness_part_of_the_body_drug_place_or_number_is_an_everyday_word(word):
    assert not is_everyday(word)
