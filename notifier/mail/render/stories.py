"""What the templates of a welcome are given: the story so far of each thing that somebody follows. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from notifier.domain.letter import Letter, Story
from notifier.domain.scheduling import zone_of
from notifier.domain.wording import Line, Quote, Speech, one_line, story
from notifier.mail.render.views import REGISTRY_PAGE, facts

MOST_STORIES = 25


@dataclass(frozen=True, slots=True)
class StoryView:
    """One study or topic in a welcome. is_theirs: its title is in the person's own words, not the registry's."""

    title: str
    is_theirs: bool
    facts: str
    lines: tuple[Line, ...]
    quotes: tuple[Quote, ...]
    expect: str
    past: tuple[str, ...]
    notes: tuple[str, ...]
    nct_id: str | None
    page_url: str | None
    registry_url: str | None


def story_view(words: Speech, letter: Letter, one: Story, public_url: str | None) -> StoryView:
    """All that a welcome says of one of them. public_url: where our pages about studies are, if there are any."""
    zone, study, label = zone_of(letter.time_zone), one.study, one_line(one.reason.label)
    quotes, notes = story.why_stopped(words, study) if study else ((), ())
    nct_id = label if one.is_of_study else None
    return StoryView(
        title=one_line((study and (study.brief_title or study.official_title)) or label),
        is_theirs=not one.is_of_study,
        facts=facts(words, study, one.first_seen, zone) if study and one.first_seen else "",
        lines=story.stands(words, study) if study else (),
        quotes=quotes,
        expect=story.to_expect(words, one, zone),
        past=story.past(words, one, zone),
        notes=notes,
        nct_id=nct_id,
        page_url=f"{public_url}/studies/{nct_id}" if public_url and nct_id else None,
        registry_url=REGISTRY_PAGE + nct_id if nct_id else None,
    )


def left_out(words: Speech, number: int) -> str:
    """That there is more than one mail can hold; empty where there is not."""
    if not number:
        return ""
    return words.count("And %(number)s more that you follow.", "And %(number)s more that you follow.", number)


def said_of(views: Sequence[StoryView]) -> list[str]:
    """What a welcome may say though no record says it: our links."""
    found = [text for view in views for text in (view.page_url, view.registry_url)]
    return [text for text in found if text]
