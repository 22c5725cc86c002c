"""What else an illness is called, in which language and however it was spelt; nothing is offered of what is none."""

import pytest

from notifier.domain.illnesses import Offer, common, is_known, offer


@pytest.mark.parametrize(
    ("typed", "also"),
    [
        ("heart attack", "Myocardial Infarction"),
        ("Lou Gehrig", "amyotrophic lateral sclerosis"),
        ("ME/CFS", "chronic fatigue syndrome"),
        ("ALS", "amyotrophic lateral sclerosis"),
        ("IBS", "irritable bowel syndrome"),
        ("brain tumour", "Brain Neoplasms"),
        ("brain tumour", "brain tumor"),
        ("anaemia", "anemia"),
    ],
)
def test_a_known_name_is_offered_with_its_others(typed, also):
    found = offer(typed)
    assert not found.name
    assert also in found.also
    assert typed not in found.also
    assert is_known(typed)


@pytest.mark.parametrize(
    ("typed", "name", "foreign"),
    [
        ("brest cancer", "breast cancer", False),
        ("diabetis", "diabetes", False),
        ("alzeimers", "alzheimer's disease", False),
        ("nemonia", "pneumonia", False),
        ("zellwegger sindrome", "Zellweger Syndrome", False),
        ("brystkr\u00e6ft", "breast cancer", True),
        ("Brustkrebs", "breast cancer", True),
        ("c\u00e1ncer de mama", "breast cancer", True),
        ("Zuckerkrankheit", "diabetes", True),
        ("c\u00e1ncer", "cancer", True),
        ("sclerose", "multiple sclerosis", True),
    ],
)
def test_another_spelling_or_language_is_said_and_nothing_is_replaced(typed, name, foreign):
    found = offer(typed)
    assert (found.name, found.foreign) == (name, foreign)
    assert name not in found.also
    assert not is_known(typed) or foreign


def test_wider_and_narrower_illnesses_of_people_are_near():
    near = offer("leukaemia").near
    assert "Hairy Cell Leukemia" in near
    assert not any("Bovine" in each or "Experimental" in each for each in near)


@pytest.mark.parametrize(
    "typed", ["", " ", "xyzzy", "breast cancer immunotherapy", "a" * 10_000, "\0", "((((", "\u6771" * 90]
)
def test_of_what_is_no_illness_nothing_is_offered(typed):
    assert offer(typed) == Offer()


def test_every_common_name_is_known_as_it_stands():
    assert [name for name in common() if offer(name).name or not is_known(name)] == []
