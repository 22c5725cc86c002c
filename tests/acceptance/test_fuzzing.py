"""Whatever is sent to whichever page: an answer that is meant, never a fault of ours, and never somebody else's data.

The routes are read from the application itself, so that none can be forgotten; schemathesis makes the requests.
"""

import os
import re

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from living_site import KEYS
from store_factories import a_study, follow

from notifier.domain.signed_links import Purpose
from notifier.storage import subscribers
from notifier.web import make_app
from notifier.web.incoming import said
from tests.web_asking import pages_with

JANE, JOE = "jane-the-canary@mail.example.org", "joe@secret.example.org"
#: Of a route and method; more on request, as before a release.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "6"))
#: The fields of all forms, with words that are right in them and wrong; each is sent to each page that takes one.
FIELDS = {
    "q": ["lung cancer", "x"],
    "email": [JANE, "karl@example.org", "karl@", "karl@example.org\r\nBcc: x@example.org"],
    "study": ["NCT90000001", "nct90000001", "NCT99999999", "NCT1"],
    "condition": ["lung cancer", "a" * 500, "<script>alert(1)</script>"],
    "every": ["immediate", "daily", "weekly", "hourly"],
    "consent": ["yes", "no"],
    "language": ["en", "da", "de", "tlh"],
    "time_zone": ["Europe/Copenhagen", "Mars/Olympus", "../../etc/passwd"],
    "form": ["", "none-of-ours"],
    "website": ["", "x"],
    "about": ["NCT90000001", "x"],
    "place": ["Aarhus", "x"],
    "country": ["Denmark", "x"],
    "countries": ["Denmark, DE", "Atlantis", ""],
    "age": ["40", "adult", "-1", "9" * 30],
    "sex": ["female", "male", "all", "x"],
    "age_group": ["child", "older-adult", "x"],
    "type": ["treats", "observes", "x"],
    "open": ["1", "x"],
    "open_only": ["yes", "x"],
    "treatment_only": ["yes", "x"],
    "not_words": ["children, mice", "x" * 2000],
    "discreet": ["yes", "x"],
    "lang": ["da", "tlh"],
    "action": ["stop", "all", "daily", "weekly", "month", "until", "person", "choice", "pause", "undo", "follow"],
    "until": ["2027-03-01", "2020-01-01", "9999-12-31", "tomorrow"],
    "id": ["1", "2", "all", "999999999", "-1", "1e9"],
    "length": ["month", "quarter", "for ever"],
    "near": ["Aarhus", "Denmark", "'"],
    "within": ["100", "0", "-1", "9" * 30, "a hundred"],
    "hour": ["8", "24", "8.5"],
    "weekday": ["0", "7"],
    "lightest": ["important", "minor", "housekeeping"],
    "sort": ["results", "places", "x"],
    "note": ["for my mother", "x" * 1000, "<b>&amp;\u202e"],
    "title_in_subject": ["yes"],
    "still_watching": ["yes"],
    "List-Unsubscribe": ["One-Click"],
}  # fmt: skip
#: What is right in no field.
ODD_TEXTS = [
    *("", "\0", "\u202e", "\ufffe", "İ", "ﬁ", "²", "٣", "😀" * 50, "9" * 400, "x" * 5000),
    *("a\r\nb: c", "{{7*7}}", "%s%n", "..", "/etc", "AND"),
]
KINDS = ("application/x-www-form-urlencoded", "multipart/form-data")


def make_site(database, clock, request):
    with database.transaction() as session:
        a_study(session, clock.now())
        follow(session, clock.now(), JANE, "NCT90000001", "lung cancer")
        follow(session, clock.now(), JOE, "NCT90000001")
    return make_app(pages_with(database, clock, forms_per_network=10**6, forms_an_hour=10**6, steady=0.0))


def routes(app):
    """(path, method) of every route."""
    inner = app
    while not hasattr(inner, "routes"):
        inner = inner._app
    return [
        (re.sub(r":\w+}", "}", route.path), method)
        for route in inner.routes
        for method in sorted(route.methods)
    ]


def right(clock, database):
    """What would be right in a path: the token of each page, a study, a subscription."""
    with database.reading() as session:
        ids = subscribers.ids_of(session, subscribers.address(JANE))
    subjects = {Purpose.PREFERENCES: [1, 0], Purpose.CONTACTS: [1], Purpose.FORM: []}
    tokens = {
        purpose.value: KEYS.sign(purpose, subjects.get(purpose, ids), clock.now()) for purpose in Purpose
    }
    return {"tokens": tokens, "nct_id": "NCT90000001", "subscription_id": str(ids[0])}


def described(app):
    """The routes in the words of OpenAPI."""
    text = {"type": "string"}
    body = {"type": "object", "properties": dict.fromkeys(FIELDS, text)}
    paths = {}
    for path, method in routes(app):
        named = re.findall(r"{(\w+)}", path)
        operation = {
            "parameters": [
                *({"name": name, "in": "path", "required": True, "schema": text} for name in named),
                *(
                    {"name": name, "in": "query", "schema": text}
                    for name in ("q", "page", "study", "condition", "place", "country")
                ),
                {
                    "name": "Accept",
                    "in": "header",
                    "schema": {"enum": ["application/json", "text/html", "*/*"]},
                },
                {"name": "If-None-Match", "in": "header", "schema": text},
            ],
            "responses": {"default": {"description": "any"}},
        }
        if method == "POST":
            operation["requestBody"] = {"content": {kind: {"schema": body} for kind in KINDS}}
        paths.setdefault(path, {})[method.lower()] = operation
    return {"openapi": "3.1.0", "info": {"title": "the pages", "version": "1"}, "paths": paths}


def test_no_request_is_a_fault_of_ours(sqlite, clock, request):
    """Hundreds of requests, right and wrong, to every route: no 5xx but "not ready", and no address in any answer."""
    import schemathesis  # here, because it takes a second and a half of each process that only collects

    app = make_site(sqlite, clock, request)
    schema = schemathesis.openapi.from_dict(described(app))
    schema.config.analysis.constants.enabled = False  # FIELDS has better ones
    schema.app = app
    known, reached = right(clock, sqlite), set()
    operations = [each.ok() for each in schema.get_all_operations()]
    for each in sorted(
        operations, key=lambda each: "erase" in each.path
    ):  # after it there is nobody to ask about
        ask(each, known, reached)
    assert reached >= REACHED


#: Pages that the requests must get into, or they would only knock at doors: the first part of a path, and an answer.
REACHED = {
    ("studies", 200), ("confirm", 200), ("unsubscribe", 200), ("preferences", 200), ("undo", 200), ("subscriptions", 200),
    ("feeds", 200),
}  # fmt: skip


def ask(operation, known, reached):
    part = operation.path.split("/")[1]

    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), data=st.data())
    def asked(case, data):
        make_right(case, data, known, part)
        answer = case.call()
        reached.add((part, answer.status_code))
        assert answer.status_code < 500 or operation.path == "/readyz", answer.text
        assert answer.headers["x-content-type-options"] == ["nosniff"]
        assert b"secret.example" not in answer.content
        # But on a person's own page, behind a link mailed to them, or where it was typed by whoever reads the answer.
        own = operation.path.startswith("/preferences/") or JANE in str(case.body)
        assert own or JANE.encode() not in answer.content
        assert b"Traceback" not in answer.content

    asked()


def make_right(case, data, known, part):
    """Put what is right in some places of a request, so that the others are looked at too; in the first one everywhere."""
    for name in case.path_parameters or {}:
        if data.draw(st.integers(0, 3)) < 3:
            value = known["tokens"].get(part, "x") if name == "token" else known[name]
            case.path_parameters[name] = data.draw(
                st.sampled_from([value, value, value, value[:-1], "9" * 30])
            )
    if isinstance(case.body, dict):
        for name in data.draw(st.sets(st.sampled_from(sorted(FIELDS)))):
            case.body[name] = data.draw(st.sampled_from(FIELDS[name] + ODD_TEXTS))


def test_the_fields_are_those_of_all_forms(request):
    pages = (request.config.rootpath / "templates" / "page").glob("*.html")
    inside = re.compile(r'<(?:input|select|textarea|button)\b[^>]*?\bname="(\w+)"', re.DOTALL)
    assert {name for page in pages for name in inside.findall(page.read_text())} <= set(FIELDS)


ODD = ["/%00", "/studies/%FF%FE", "/..%2f..%2fetc/passwd", "/" + "a" * 9000, "/studies/NCT%0d%0aX: y"]


@pytest.mark.parametrize("path", ODD)
async def test_an_odd_path_is_no_page(sqlite, clock, request, path):
    app = httpx.ASGITransport(make_site(sqlite, clock, request))
    async with httpx.AsyncClient(transport=app, base_url="http://pages.test") as client:
        answer = await client.get(path)
    assert answer.status_code in {301, 400, 404}
    assert "\n" not in answer.headers.get("location", "")


@given(text=st.text())
@settings(max_examples=200, database=None, derandomize=True)
def test_what_is_typed_comes_on_one_line_without_controls(text):
    line = said({"field": text}, "field")
    assert line.isprintable() or line == ""
    assert line == " ".join(line.split())
