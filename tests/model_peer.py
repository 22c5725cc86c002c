"""An endpoint on loopback that speaks as OpenAI's does, and misbehaves as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from notifier.demo.registry import serving

#: Faithful to the invented study of `factories`.
GOOD = {
    "title": "Camomile tea for knee pain",
    "question": "Does camomile tea ease knee pain in adults?",
    "summary": [
        "This study looks at whether camomile tea eases knee pain in adults.",
        "Chance decides who drinks camomile tea and who drinks warm water.",
    ],
    "could_lead_to": ["It could show whether camomile tea makes a difference to knee pain."],
}


def completion(content: object, finish_reason: str = "stop") -> Response:
    """An answer whose text is this; an object is written as JSON."""
    text = content if isinstance(content, str) or content is None else json.dumps(content)
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}
    body = {"id": "x", "object": "chat.completion", "choices": [choice], "usage": {"total_tokens": 7}}
    return Response(json.dumps(body), media_type="application/json")


def page(status: int = 200, **headers: str) -> Response:
    """An HTML page in place of an answer."""
    return Response("<html>busy</html>", status, media_type="text/html", headers=headers)


@dataclass(slots=True)
class Peer:
    """answers: one a request, the last one again and again; None never comes. asked: the bodies that came."""

    answers: list[Response | None] = field(default_factory=lambda: [completion(GOOD)])
    asked: list[dict] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    url: str = ""
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: Request) -> Response:
        self.reached.set()
        self.asked.append(await request.json())
        self.keys.append(request.headers.get("authorization"))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            await asyncio.sleep(30)
        return answer or PlainTextResponse("too late")


@asynccontextmanager
async def a_peer(*answers: Response | None) -> AsyncIterator[Peer]:
    """The endpoint while the block runs."""
    peer = Peer(list(answers)) if answers else Peer()
    app = Starlette(routes=[Route("/v1/chat/completions", peer.answer, methods=["POST"])])
    async with serving(app) as base:
        peer.url = f"{base}/v1"
        yield peer
