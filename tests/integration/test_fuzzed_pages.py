"""Whatever is sent to any page, the answer is a page: never an error of ours, and never somebody else's data."""

from random import Random
from urllib.parse import quote, urlencode

import pytest
from fakes import sign_up, something_changes
from web_asking import asking, link, the_pages

from notifier.changes import Kind
from notifier.tokens import Purpose

JANE, JOE = "jane@mail.example.org", "joe@secret.example.org"
REQUESTS = 250  # of each run
RUNS = 3
FIELDS = (
    *(
        "action",
        "id",
        "email",
        "study",
        "condition",
        "every",
        "consent",
        "language",
        "time_zone",
        "form",
        "website",
    ),
    *(
        "about",
        "lightest",
        "sort",
        "note",
        "hour",
        "weekday",
        "near",
        "near_km",
        "until",
        "length",
        "q",
        "page",
    ),
    *("title_in_subject", "still_watching", "said", "back", "List-Unsubscribe"),
)
ACTIONS = (
    *(
        "daily",
        "weekly",
        "month",
        "until",
        "resume",
        "person",
        "choice",
        "pause",
        "undo",
        "follow",
        "stop",
        "all",
    ),
)
TEXTS = (
    *(
        "",
        "1",
        "2",
        "3",
        "all",
        "yes",
        "\0",
        "\u202e",
        "\ufffe",
        "İ",
        "ﬁ",
        "²",
        "٣",
        "😀" * 50,
        "9" * 400,
        "-1",
        "1e9",
    ),
    *(
        "NCT90000001",
        "nct90000002",
        "NCT1",
        JANE,
        "a@b",
        "a\r\nb: c",
        "<b>",
        "{{7*7}}",
        "%s%n",
        "knee pain",
        "AND",
    ),
    *(
        "2027-03-01",
        "9999-12-31",
        "0001-01-01",
        "minor",
        "housekeeping",
        "results",
        "new_studies",
        "One-Click",
    ),
    *("Europe/Copenhagen", "..", "/etc", "America", "23", "50", "da", "month", "x" * 5000),
)
READING = (
    "/",
    "/conditions",
    "/studies/{}",
    "/feeds/studies/{}.atom",
    "/feeds/conditions.atom",
    "/terms",
    "/privacy",
)
ACTING = ("/subscriptions", "/preferences", "/contacts", "/healthz", "/readyz", "/{}", "/studies/{}/{}")


def a_path(dice, tokens):
    """A path of ours, or nearly."""
    if dice.random() < 0.5:
        token = dice.choice(tokens)
        part = dice.choice(
            ("", "", "", "/export", "/why/1", "/why/9999999999999999999999", "/why/x", "/", "/erase")
        )
        return token[: dice.choice((len(token), len(token), -1))] + part.replace("/erase", "/erased")
    return dice.choice(READING + ACTING).format(
        quote(dice.choice(TEXTS)[:60]), quote(dice.choice(TEXTS)[:60])
    )


def a_request(dice, tokens):
    """Method, path and what goes with it."""
    pairs = [(dice.choice(FIELDS), dice.choice(TEXTS)) for _ in range(dice.randint(0, 8))]
    pairs.append(("action", dice.choice(ACTIONS)))
    path = a_path(dice, tokens)
    if dice.random() < 0.4:
        return dice.choice(("GET", "HEAD", "PUT")), f"{path}?{urlencode(pairs)}", {}
    if dice.random() < 0.7:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return "POST", path, {"content": urlencode(pairs), "headers": kind}
    return "POST", path, {"files": [(name, (None, text)) for name, text in pairs]}


@pytest.mark.parametrize("seed", range(RUNS))
async def test_every_answer_is_a_page_of_ours(sqlite, clock, seed):
    dice = Random(seed)
    sign_up(sqlite, clock, JANE, evidence="said so")
    sign_up(sqlite, clock, JANE, evidence="said so", condition="knee pain")
    sign_up(sqlite, clock, JOE, evidence="said so")
    something_changes(sqlite, clock, Kind.RESULTS_POSTED, before=False, after=True)
    subjects = ([1], [1, 2], (1, 0), (), [4711])
    tokens = [link(clock, subject, purpose) for purpose in Purpose for subject in subjects]
    tokens += [link(clock, (1, 0), Purpose.PREFERENCES)] * len(tokens)
    async with asking(the_pages(sqlite, clock, forms_per_network=50)) as client:
        for _ in range(REQUESTS):
            method, path, sent = a_request(dice, tokens)
            answer = await client.request(method, path, **sent)
            assert answer.status_code < 500, (method, path, sent)
            assert "secret.example" not in answer.text
            assert answer.headers["x-content-type-options"] == "nosniff"
