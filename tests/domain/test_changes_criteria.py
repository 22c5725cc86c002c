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


SIDES = "Inclusion Criteria:\n\n* Age 18 or more\n{0}\nExclusion Criteria:\n\n* Cannot consent\n{1}"


def test_a_rule_that_goes_to_the_other_heading_is_moved():
    rule = "* Prior chemotherapy\n"
    difference = criteria_difference(SIDES.format("", rule), SIDES.format(rule, ""))
    assert (difference.added, difference.removed, difference.changed) == ((), (), ())
    (moved,) = difference.moved
    assert (moved.line, moved.before, moved.after) == (
        "Prior chemotherapy",
        "Exclusion Criteria",
        "Inclusion Criteria",
    )
    assert criteria_difference(SIDES.format(rule, rule), SIDES.format(rule, rule)).moved == ()
    assert (
        criteria_difference(SIDES.format(rule, ""), SIDES.format("", rule)).moved[0].after
        == "Exclusion Criteria"
    )


def test_a_heading_that_is_worded_otherwise_moves_nothing():
    before = SIDES.format("", "")
    assert criteria_difference(before, before.replace("Inclusion", "Key inclusion")).moved == ()


def test_a_rewritten_rule_is_paired_when_each_is_the_others_best():
    was = "* Creatinine clearance of at least 60 mL per minute\n"
    now = "* Adequate creatinine clearance above 45 mL per minute by Cockcroft\n"
    difference = criteria_difference(SIDES.format(was, ""), SIDES.format(now, ""))
    assert (difference.added, difference.removed) == ((), ())
    assert [
        run.text.strip() for run in difference.changed[0].after_runs if not run.changed and run.text.strip()
    ]


def test_rewritten_rules_are_not_paired_across_headings_or_between_equal_candidates():
    was = "* Creatinine clearance of at least 60 mL per minute\n"
    now = "* Adequate creatinine clearance above 45 mL per minute by Cockcroft\n"
    assert criteria_difference(SIDES.format(was, ""), SIDES.format("", now)).changed == ()
    twin = now.replace("Cockcroft", "Cochrane")
    assert criteria_difference(SIDES.format(was, ""), SIDES.format(now + twin, "")).changed == ()
