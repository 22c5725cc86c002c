"""The link that confirms: GET shows one button, a press makes it active. Also later it says what is so."""

import asyncio

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from notifier.domain.signed_links import Purpose
from notifier.storage import outbox, subscribers
from notifier.storage.models import SubscriptionState
from notifier.web.bodies import read_away
from notifier.web.links import BOTH, bad_link, opened, whom
from notifier.web.site import Site, masked

_CONFIRMED = (SubscriptionState.ACTIVE, SubscriptionState.PAUSED)

log = structlog.get_logger()


def routes(site: Site) -> list[Route]:
    # A path, because a link may come with a slash at its end, or cut before its token.
    return [Route("/confirm/{token:path}", _Confirming(site).answer, methods=BOTH)]


class _Confirming:
    def __init__(self, site: Site) -> None:
        self._site, self._pages = site, site.pages

    async def answer(self, request: Request) -> Response:
        if request.method == "POST":
            await read_away(request)
        link = opened(self._site, request, Purpose.CONFIRM)
        if link is None:
            return bad_link(self._site)
        # Looked up first: once the act is done, nothing may fail that would say that nothing was changed.
        named, late = await whom(self._site, link.subject), link.is_over(self._site.now)
        is_now = _shown(named, late)
        if request.method == "POST" and is_now != "nothing":
            act = self._ask_again if is_now == "late" else self._confirm
            is_now = await asyncio.to_thread(act, link.subject)
        status = 410 if late and is_now in {"late", "nothing"} else 200
        return self._site.page("confirm.html", status, whom=masked(named.email), is_now=is_now)

    def _confirm(self, ids: tuple[int, ...]) -> str:
        pages, now = self._pages, self._site.now
        with pages.database.transaction() as session:
            waiting = subscribers.named(session, ids, to_change=True).that_are(SubscriptionState.PENDING)
            subscribers.confirm(session, ids, now, suppression_key=pages.keys.suppression_key)
            outbox.welcome(session, waiting, now, pages.mail_domain)
            active = subscribers.named(session, ids).that_are(*_CONFIRMED)
        log.info(
            "Somebody confirmed.",
            action="confirmed",
            subscription_ids=ids,
            active=bool(active),
            new=len(waiting),
        )
        return "confirmed" if active else "nothing"

    def _ask_again(self, ids: tuple[int, ...]) -> str:
        with self._pages.database.transaction() as session:
            asked = subscribers.ask_again(session, ids, self._site.now, self._pages.mail_domain)
        log.info("An old link was pressed.", action="confirm_late", subscription_ids=ids, asked=asked)
        return "asked" if asked else "nothing"


def _shown(named: subscribers.Named, late: bool) -> str:
    """What the page says of subscriptions in these states."""
    if named.that_are(SubscriptionState.PENDING):
        return "late" if late else "waiting"
    return "already" if named.that_are(*_CONFIRMED) else "nothing"
