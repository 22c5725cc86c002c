"""The endpoint of a language model, asked over a real line: what it sends is a draft, another try, or no use."""

import json

import pytest
from factories import a_record, raw
from model_peer import GOOD, a_peer, completion, page

from notifier.domain.study import decode
from notifier.errors import ModelError
from notifier.services.summary_writer import Model, Unusable, open_client

STUDY = decode(raw(a_record()))
FENCED = f"```json\n{json.dumps(GOOD)}\n```"


class Waits(list):
    async def __call__(self, seconds):
        self.append(seconds)


async def ask(peer, *, key="secret", patience=5.0, calls=100, times=1, study=STUDY):
    """The last draft, and the waits between the tries."""
    left, waits = iter(range(calls)), Waits()

    async def may_ask():
        return next(left, None) is not None

    async with open_client(peer.url, key=key) as client:
        model = Model(client, "a-model", timeout=patience, may_ask=may_ask, sleep=waits)
        for _ in range(times):
            draft = await model.draft(study)
    return draft, waits


async def test_a_good_answer_is_a_draft():
    async with a_peer() as peer:
        draft, waits = await ask(peer)
    assert (draft.title, draft.could_lead_to) == (GOOD["title"], tuple(GOOD["could_lead_to"]))
    assert waits == []
    assert peer.keys == ["Bearer secret"]
    assert peer.asked[0]["model"] == "a-model"


async def test_the_model_is_told_the_study_and_no_person_or_address():
    async with a_peer() as peer:
        await ask(peer)
    told = json.dumps(peer.asked[0])
    assert "Camomile Tea for Knee Pain" in told
    assert "Knee pain for 3 months" in told
    for private in ("ada@example.org", "555-0100", "Ada Example", "Seaside Hospital", "62701"):
        assert private not in told


async def test_without_a_key_none_is_sent():
    async with a_peer() as peer:
        await ask(peer, key=None)
    assert peer.keys == [None]


async def test_an_endpoint_that_knows_no_schema_is_asked_in_simpler_ways_and_that_is_remembered():
    async with a_peer(page(400), page(422), completion(FENCED)) as peer:
        draft, _ = await ask(peer, times=2)
    assert draft.title == GOOD["title"]
    formats = [asked.get("response_format", {}).get("type") for asked in peer.asked]
    assert formats == ["json_schema", "json_object", None, None]


@pytest.mark.parametrize("first", [page(500), page(503), page(429), page(408), page(200), completion([])])
async def test_a_passing_fault_is_tried_again(first):
    first.body = first.body if first.status_code != 200 else b"<html>"
    first.headers["content-length"] = str(len(first.body))
    async with a_peer(first, completion(GOOD)) as peer:
        draft, waits = await ask(peer)
    assert draft.title == GOOD["title"]
    assert len(waits) == 1


async def test_the_endpoint_says_how_long_to_wait():
    async with a_peer(page(429, **{"Retry-After": "33"}), completion(GOOD)) as peer:
        _, waits = await ask(peer)
    assert waits == [33.0]


@pytest.mark.parametrize("answer", [page(500), page(429), page(200), None])
async def test_after_a_few_tries_the_endpoint_is_left_alone(answer):
    async with a_peer(answer) as peer:
        with pytest.raises(ModelError, match="gave no answer in 3 tries"):
            await ask(peer, patience=5.0 if answer else 0.2, calls=3)
    # A question that is given up early need not have reached the endpoint on a busy machine.
    assert len(peer.asked) == 3 or answer is None


async def test_a_huge_answer_is_cut():
    async with a_peer(completion("tea " * 400_000)) as peer:
        with pytest.raises(ModelError, match="far too large"):
            await ask(peer)


async def test_nobody_listening_is_said_in_one_sentence():
    async with a_peer() as peer:
        pass
    with pytest.raises(ModelError, match=r"the connection failed \(ConnectError\)"):
        await ask(peer)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "NOTIFIER_MODEL_KEY"),
        (404, "NOTIFIER_MODEL_NAME"),
        (302, "NOTIFIER_MODEL_URL"),
        (418, "NOTIFIER_MODEL_URL"),
    ],
)
async def test_a_wrong_setting_is_named_at_once_and_the_key_is_not(status, advice):
    async with a_peer(page(status)) as peer:
        with pytest.raises(ModelError, match=advice) as refused:
            await ask(peer)
    assert len(peer.asked) == 1
    assert "secret" not in str(refused.value)


async def test_a_question_that_is_refused_in_every_form_is_an_error():
    async with a_peer(page(400)) as peer:
        with pytest.raises(ModelError, match=r"refused the question \(400\)"):
            await ask(peer)
    assert len(peer.asked) == 3


@pytest.mark.parametrize(
    "content",
    [
        "Sure! This is a study of tea.",
        "",
        None,
        "[]",
        "{}",
        "[" * 100_000,
        GOOD | {"summary": "one text"},
        GOOD | {"summary": [7]},
        GOOD | {"title": None},
        {name: GOOD[name] for name in GOOD if name != "question"},
    ],
)
async def test_an_answer_of_another_form_is_of_no_use_for_this_study(content):
    async with a_peer(completion(content)) as peer:
        with pytest.raises(Unusable):
            await ask(peer)
    assert len(peer.asked) == 1


@pytest.mark.parametrize("reason", ["length", "content_filter", "tool_calls"])
async def test_an_answer_that_was_cut_or_withheld_is_of_no_use(reason):
    async with a_peer(completion(GOOD, reason)) as peer:
        with pytest.raises(Unusable, match="cut or withheld"):
            await ask(peer)


async def test_every_request_is_taken_from_the_budget():
    async with a_peer(page(500)) as peer:
        with pytest.raises(ModelError, match="NOTIFIER_MODEL_CALLS_A_DAY"):
            await ask(peer, calls=2)
    assert len(peer.asked) == 2
