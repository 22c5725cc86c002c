"""What a mail provider posts: bounces, complaints and deliveries, judged as `notifier bounces` judges them (S20).

Answers so that the provider tries again only where that may help: 503 while the database or the proof is out of reach. What
is signed is taken once, whichever of our processes it comes to. The log has ids, and no address.
"""

import asyncio
from functools import partial

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from notifier.errors import PostRefused, PostUnproved, StoreError
from notifier.mail.bounces.webhooks import LARGEST_POST, PROVIDERS
from notifier.services.bounce_handling import Action, BounceContext, take
from notifier.storage.engine import sharing
from notifier.web.incoming import EVERYBODY, Views, read_body
from notifier.web.site import AWAY_FOR, Site

AT_ONCE = 4  # posts that are looked at; the others wait
MOST_SAID = 100  # refused posts an hour that the log has: anybody may post

log = structlog.get_logger()


def routes(site: Site) -> list[Route]:
    """An address for each provider whose secret we have."""
    pages, posts = site.pages, site.pages.posts
    if posts is None:
        return []
    turns, said = asyncio.Semaphore(AT_ONCE), Views(MOST_SAID)

    async def post(name: str, request: Request) -> Response:
        body = await read_body(request, LARGEST_POST)
        try:
            async with turns:
                did = await asyncio.to_thread(act, name, dict(request.headers), body)
        except PostRefused as refused:
            if said.may_look(EVERYBODY, site.now):
                log.warning(
                    "A post was refused.", action="webhook_refused", provider=name, fault=str(refused)
                )
            # The log says which part of its proof fails; a stranger could find out one after the other.
            return PlainTextResponse(f"{str(refused).partition(':')[0]}.\n", refused.status)
        except (PostUnproved, StoreError) as fault:
            log.warning("A post has to come again.", action="webhook_waits", provider=name, fault=str(fault))
            again = {"Retry-After": str(AWAY_FOR)}
            return PlainTextResponse("Not now; please try again.\n", 503, headers=again)
        log.info("A provider reported.", action="webhook", provider=name, did=[each.value for each in did])
        return PlainTextResponse("ok\n")

    def act(name: str, headers: dict[str, str], body: bytes) -> tuple[Action, ...]:
        now = site.now
        found = posts.read(name, headers, body, now)
        within = PROVIDERS[name].signed_within
        if within is None and found.report is None:
            return ()
        acting = BounceContext(pages.tags, pages.keys.suppression_key, now, proved=True)
        with pages.database.transaction() as session:
            # As long as it would be believed by its age: from the future, and into it.
            if within is not None and not sharing.take(
                session, "webhook", found.digest, most=1, within=2 * within, now=now
            ):
                raise PostRefused("This was posted before", PROVIDERS[name].again)
            return take(session, found.report, acting, f"{name} by HTTP") if found.report else ()

    return [Route(f"/webhooks/{name}", partial(post, name), methods=["POST"]) for name in posts.secrets]
