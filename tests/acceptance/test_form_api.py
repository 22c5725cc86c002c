"""The description of the form and the fragments is what the running program does; and it is the one that is handed out."""

import json

import pytest
import schemathesis
from factories import B
from form_api import FIELDS, written
from hypothesis import HealthCheck, given, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from store_factories import a_public_study

from notifier.web import make_app
from tests.acceptance.test_fuzzing import FIELDS as WORDS
from tests.web_asking import pages_with

EXAMPLES = 25  # of an operation
JSON = {"Accept": "application/json"}
#: A status, a type and a body that are described. That what fits is taken is none of them: an address may still be none.
CHECKS = (status_code_conformance, content_type_conformance, response_schema_conformance)


@pytest.fixture
def app(sqlite, clock):
    with sqlite.transaction() as session:
        a_public_study(session, clock.now())
        a_public_study(session, clock.now(), B)
    limits = {"forms_per_network": 10**6, "forms_an_hour": 10**6, "steady": 0.0}
    return make_app(pages_with(sqlite, clock, **limits))


def operations(app, text):
    """Each operation of a description, by its path."""
    schema = schemathesis.openapi.from_dict(json.loads(text))
    schema.config.analysis.constants.enabled = False  # hardly one is right in a form
    schema.app = app
    return {each.path: each for each in (each.ok() for each in schema.get_all_operations())}


@pytest.fixture
def described(app):
    return operations(app, written())


def test_the_program_answers_as_it_is_described(described):
    for operation in described.values():

        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def asked(case):
            answer = case.call(headers=JSON)
            assert answer.status_code != 500
            case.validate_response(answer, checks=CHECKS)

        asked()


@pytest.mark.parametrize(
    ("path", "given", "status"),
    [
        ("/subscriptions", {"body": {"email": "jane@example.org", "study": "NCT90000001", "consent": "yes"}}, 200),
        ("/subscriptions", {"body": {"email": "jane@gmial.con", "condition": ["HER2- cancer"], "consent": "yes"}}, 200),
        ("/subscriptions", {"body": {"email": "jane", "every": "hourly"}}, 400),
        ("/subscriptions", {"body": {"email": "x" * 40_000}}, 400),
        ("/embed/studies/{nct_id}", {"path_parameters": {"nct_id": "NCT90000001"}}, 200),
        ("/embed/studies/{nct_id}", {"path_parameters": {"nct_id": "NCT99999999"}}, 503),
        ("/embed/studies/{nct_id}", {"path_parameters": {"nct_id": "NCT1"}}, 404),
        ("/embed/conditions", {"query": {"q": "knee pain"}}, 200),
        ("/embed/conditions", {"query": {"q": ""}}, 400),
    ],
)  # fmt: skip
def test_each_answer_that_is_described_is_given(described, path, given, status):
    case = described[path].Case(**given)
    answer = case.call(headers=JSON)
    assert answer.status_code == status
    case.validate_response(answer, checks=CHECKS)


def test_a_description_that_is_wrong_is_found(app):
    wrong = operations(
        app, written().replace('"condition",\n          "studies"', '"weather",\n          "studies"')
    )
    case = wrong["/embed/conditions"].Case(query={"q": "knee pain"})
    with pytest.raises(FailureGroup, match="weather"):
        case.validate_response(case.call(headers=JSON), checks=CHECKS)


def test_every_field_of_it_is_one_of_the_form_and_the_written_one_is_todays(request):
    assert FIELDS.keys() <= WORDS.keys()
    kept = request.config.rootpath / "docs/reference/openapi.json"
    assert kept.read_text() == written(), "run python tests/reference.py"
