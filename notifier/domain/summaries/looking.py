"""Of a study that watches: the groups that it looks at, by their names, or what it looks at."""

from dataclasses import replace

from notifier.domain.summaries import quoting
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.given import say_of
from notifier.domain.summaries.names import is_label
from notifier.domain.summaries.plot import Plot
from notifier.domain.summaries.things import articled, called_as, is_a_look, more_groups, names_of

MOST_WATCHED = 7  # groups whose names are told
MOST_OF_A_LABEL = 14  # words
_NUMBERED = AnyCase(r"(?:(?:study )?(?:group|arm|cohort)\s*)?(?:[IVX]+|\d+|[A-E])\.?")


_RECORDED = AnyCase(r"(?:patients?['’]?s? )?(?:age|gender|sex|weight|height|BMI|blood loss|length of stay)$")
_A_LINE = AnyCase(r"observ|no intervention|not applicable|registry|\bdata\b|\b(?:Inc|Ltd|GmbH|Corp)\b")


def looked_at(plot: Plot) -> list[str]:
    """The groups of a study that watches."""
    voice, groups = plot.voice, [each for each in plot.cast.groups if each.label]
    # A number is no name: then the record's own words for it, where they are few.
    named = [
        replace(each, label=each.text)
        if _NUMBERED.fullmatch(each.label) and 0 < quoting.words(each.text) <= MOST_OF_A_LABEL
        else each
        for each in groups
    ]
    recorded = any(_RECORDED.match(each.label) for each in groups)  # no groups of people
    if (
        len(groups) > 1
        and not recorded
        and not all(is_label(each.label) or _NUMBERED.fullmatch(each.label) for each in named)
    ):
        shown = voice.listing(called_as(plot, group) for group in named[:MOST_WATCHED])
        more = [] if len(groups) <= MOST_WATCHED else [more_groups(voice, len(groups) - MOST_WATCHED)]
        return [say_of(plot, "It looks at these groups: %(labels)s.", labels=shown), *more]
    # What looks at people is no subject; nor is a line of a form that nothing names.
    things = [
        articled(each.name)
        for each in plot.cast.tried
        if each.name and (each.titled or each.kind not in {"OTHER", ""})
        if not is_a_look(each) and not _A_LINE.search(each.said)
    ]
    return [say_of(plot, "It looks at %(things)s.", things=names_of(plot, things))] if things else []
