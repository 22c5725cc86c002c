from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.domain.changes import criteria_difference

BEFORE = """Inclusion Criteria:

1. Age \\>= 18 years
2. Knee pain for 3 months
3. Can walk

Exclusion Criteria:

* ECOG \\<2
* Allergy to camomile"""


def test_lines_added_and_removed_are_whole():
    after = BEFORE.replace("3. Can walk\n", "3. Owns a teapot\n")
    difference = criteria_difference(BEFORE, after)
    assert (difference.added, difference.removed, difference.changed) == (
        ("Owns a teapot",),
        ("Can walk",),
        (),
    )


def test_a_changed_line_marks_the_words_that_changed():
    (line,) = criteria_difference(BEFORE, BEFORE.replace("3 months", "at least 6 months")).changed
    assert (line.before, line.after) == ("Knee pain for 3 months", "Knee pain for at least 6 months")
    assert [run.text for run in line.before_runs if run.changed] == ["3"]
    assert [run.text for run in line.after_runs if run.changed] == ["at least 6"]


def test_signs_that_carry_the_meaning_arrive_whole():
    (line,) = criteria_difference(BEFORE, BEFORE.replace("\\<2", "\\<=2")).changed
    assert (line.before, line.after) == ("ECOG <2", "ECOG <=2")
    assert "".join(run.text for run in line.after_runs if run.changed) == "="


def test_a_clause_put_in_front_does_not_renumber_the_others():
    after = (
        BEFORE.replace("1. Age", "1. Likes tea\n2. Age")
        .replace("2. Knee", "3. Knee")
        .replace("3. Can", "4. Can")
    )
    difference = criteria_difference(BEFORE, after)
    assert (difference.added, difference.removed, difference.changed) == (("Likes tea",), (), ())


def test_bullets_numbers_order_and_blanks_make_no_difference():
    lines = [line.lstrip("0123456789.* ") for line in reversed(BEFORE.splitlines())]
    after = "\r\n".join(f"  - {line} " for line in lines if line)
    assert criteria_difference(BEFORE, after) == criteria_difference(None, None)


def test_a_text_that_comes_or_goes_is_all_added_or_removed():
    assert criteria_difference(None, BEFORE).added == criteria_difference(BEFORE, None).removed
    assert len(criteria_difference("", BEFORE).added) == 7


def test_a_line_that_is_said_twice_and_then_once_is_removed_once():
    assert criteria_difference("No tea\nNo tea", "No tea").removed == ("No tea",)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.text("ab <2≥*\\&\n", max_size=8), max_size=5),
    st.lists(st.text("ab <2≥*\\&\n", max_size=8), max_size=5),
)
def test_runs_join_to_the_lines_they_were_cut_from(before, after):
    for line in criteria_difference("\n".join(before), "\n".join(after)).changed:
        assert "".join(run.text for run in line.before_runs) == line.before
        assert "".join(run.text for run in line.after_runs) == line.after
