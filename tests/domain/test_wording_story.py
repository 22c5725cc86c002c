"""What a welcome says of how it stands and what to expect, in every language and number."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import mails
import pytest
from mails import reason, record

from notifier.domain.languages import LANGUAGES
from notifier.domain.letter import Story, Topic
from notifier.domain.study import decode
from notifier.domain.wording import speech, story

ENGLISH = speech("en")
SINCE = datetime(2026, 6, 27, 23, tzinfo=UTC)
STUDY = decode(mails.dumps(record()).encode())
TOPIC = reason(label="cancer", topic=Topic.CONDITION)


def expected(words=ENGLISH, **known):
    return story.to_expect(words, Story(reason(), STUDY, SINCE, **known), ZoneInfo("Europe/Copenhagen"))


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"updates": 0}, "In the past year there was nothing to tell of this study."),
        ({"updates": 1}, "In the past year there was something to tell of this study once."),
        ({"updates": 1200}, "In the past year there was something to tell of this study 1,200 times."),
    ],
)
def test_how_often_there_was_something_to_tell_in_a_year(known, said):
    assert expected(since=SINCE, whole_year=True, **known) == said


@pytest.mark.parametrize(
    ("updates", "said"),
    [(0, "there was nothing to tell."), (1, "something to tell once."), (3, "something to tell 3 times.")],
)
def test_since_when_we_watch_is_said_by_the_readers_clock(updates, said):
    assert expected(since=SINCE, updates=updates).startswith("We have watched this study since 28 June 2026.")
    assert expected(since=SINCE, updates=updates).endswith(said)


def test_of_what_we_have_not_looked_at_we_promise_to_begin():
    assert expected().startswith("We begin to watch this study with our next look at the registry.")
    of_topic = story.to_expect(ENGLISH, Story(TOPIC), UTC)
    assert of_topic.startswith("We begin to watch this topic with our next look at the registry.")


@pytest.mark.parametrize(
    ("a_month", "said"),
    [(0, "less than one new study a month"), (1, "about 1 new study a month"), (6, "about 6 new studies a")],
)
def test_how_many_new_studies_to_expect(a_month, said):
    assert said in story.to_expect(ENGLISH, Story(TOPIC, a_month=a_month), UTC)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_each_number_in_its_own_way(language):
    words = speech(language)
    said = {expected(words, since=SINCE, whole_year=True, updates=n) for n in (0, 1, 2)}
    said |= {story.to_expect(words, Story(TOPIC, a_month=n), UTC) for n in (0, 1, 2)}
    assert len(said) == 6
    assert language == "en" or not any("there was" in one or "Lately" in one for one in said)


def test_a_study_that_stopped_says_why_or_that_it_does_not():
    over = decode(mails.dumps(mails.stopped()).encode())
    (quote,), notes = story.why_stopped(ENGLISH, over)
    assert (quote.words, notes) == (("Slow accrual; 12 of 500 people after 2 years.",), ())
    silent = decode(mails.dumps(record(overallStatus="WITHDRAWN")).encode())
    assert story.why_stopped(ENGLISH, silent) == ((), ("No reason was given.",))
    assert story.why_stopped(ENGLISH, STUDY) == ((), ())


def test_the_past_of_one_study_is_cut_at_its_oldest_end():
    past = (mails.welcome().stories[0].past)[:1] * story.MOST_LINES
    assert len(story.past(ENGLISH, Story(reason(), STUDY, past=past), UTC)) == story.MOST_LINES
