"""The form and the fragments that other sites use, in the words of OpenAPI; written to `docs/reference/openapi.json`.

What can be chosen, and how long it may be, is the program's own.
"""

import json
from typing import Any

from notifier import __version__
from notifier.domain.languages import LANGUAGES
from notifier.domain.narrowing import AGE_GROUPS, SEXES
from notifier.storage.models import Every
from notifier.web.forms import LONGEST_PLACE, MOST_CONDITIONS
from notifier.web.site import SENTENCES

TEXT, FLAG = {"type": "string"}, {"type": "boolean"}
ADDRESS = {"type": "string", "format": "uri"}


def _of(**properties: Any) -> dict[str, Any]:
    """An object with all of these, and no other; those whose name ends in `_` may be missing."""
    named = {name.rstrip("_"): schema for name, schema in properties.items()}
    needed = [name for name in properties if not name.endswith("_")]
    return {"type": "object", "properties": named, "required": needed, "additionalProperties": False}


def _many(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": schema, **more}


def _choice(words: Any) -> dict[str, Any]:
    return {"type": "string", "enum": [str(each) for each in words]}


FIELDS = {
    "email": {"type": "string", "maxLength": 320, "description": "Where the mails go."},
    "study": {"type": "string", "maxLength": 40, "description": "A study's NCT number; this, or a condition."},
    "condition": _many({"type": "string", "maxLength": 400}, maxItems=MOST_CONDITIONS),
    "every": _choice(Every),
    "language": _choice(LANGUAGES),
    "time_zone": {"type": "string", "maxLength": 64, "description": "Such as Europe/Copenhagen."},
    "consent": {"type": "string", "enum": ["yes"], "description": "The box beside the sentence of consent was ticked."},
    "near": {"type": "string", "maxLength": LONGEST_PLACE, "description": "A town or a country: places there come first."},
    "within": {"type": "string", "description": "Kilometres around that town: tell of no place outside."},
    "open_only": _choice(["yes"]),
    "treatment_only": _choice(["yes"]),
    "countries": {"type": "string", "maxLength": 400, "description": "Names or codes, with commas between them."},
    "age_group": _choice(AGE_GROUPS),
    "sex": _choice(SEXES),
    "not_words": {"type": "string", "maxLength": 400, "description": "No study with one of these words."},
}  # fmt: skip
SAYS = "Ask with `Accept: application/json`, or the answer is a page. From a browser only sites of NOTIFIER_FORM_ORIGINS may."
FORM = _of(action=ADDRESS, fields={"type": "object", "additionalProperties": TEXT}, consent=TEXT)
STUDY = _of(
    nct_id=TEXT, title=TEXT, status=TEXT, question=TEXT, changed=_many(_of(day=TEXT, says=TEXT)), last_updated=TEXT,
    missing=FLAG, url=ADDRESS, registry_url=ADDRESS, form=FORM, site=TEXT, language=_choice(LANGUAGES),
)  # fmt: skip
LISTED = _of(nct_id=TEXT, title=TEXT, status=TEXT, first_posted=TEXT, url=ADDRESS)
CONDITION = _of(
    condition=TEXT, studies=_many(LISTED), url=ADDRESS, form_=FORM, site=TEXT, language=_choice(LANGUAGES)
)
TAKEN = _of(ok=FLAG, message=TEXT, question_=TEXT, searched_={"type": "object", "additionalProperties": TEXT})
REFUSED = _of(ok=FLAG, errors={"type": "object", "additionalProperties": TEXT})
LOST = _of(error=TEXT)


def _answers(taken: dict[str, Any], refused: dict[str, Any], *statuses: int) -> dict[str, Any]:
    said = {200: ("It was taken, or is this.", taken)} | {
        each: (SENTENCES[each], refused) for each in statuses
    }
    return {
        str(status): {"description": words, "content": {"application/json": {"schema": schema}}}
        for status, (words, schema) in said.items()
    }


def description() -> dict[str, Any]:
    """The whole of it."""
    refused = {"403": {"description": "From a page of a site that is not allowed.", "content": {"application/json": {"schema": REFUSED}}}}  # fmt: skip
    moved = {"301": {"description": "The study has this address now."}}
    body = {"type": "object", "properties": FIELDS, "required": ["email", "consent"]}
    sign_up = {
        "summary": "Ask to hear of a study, or of conditions. One mail asks to confirm, whatever the address is.",
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": body}}},
        "responses": _answers(TAKEN, REFUSED, 400, 408, 413, 429, 500, 503) | refused,
    }
    path = {
        "name": "nct_id",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": "^NCT[0-9]{8}$"},
    }
    query = {"name": "q", "in": "query", "required": True, "schema": {"type": "string", "maxLength": 200}}
    spoken = {"name": "lang", "in": "query", "schema": _choice(LANGUAGES)}
    study = {
        "summary": "A study: how it stands, what it asks, what changed, and where to post a form.",
        "parameters": [path, spoken],
        "responses": _answers(STUDY, LOST, 404, 503) | moved,
    }
    condition = {
        "summary": "The newest studies of a condition, and where to post a form.",
        "parameters": [query, spoken],
        "responses": _answers(CONDITION, LOST, 400, 503),
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Notifier: the form and the fragments, for other sites",
            "version": __version__,
            "description": SAYS,
        },
        "paths": {
            "/subscriptions": {"post": sign_up},
            "/embed/studies/{nct_id}": {"get": study},
            "/embed/conditions": {"get": condition},
        },
    }


def written() -> str:
    return json.dumps(description(), indent=1) + "\n"
