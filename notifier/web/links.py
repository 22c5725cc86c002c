"""What all pages of a link share: a link is read, whom it concerns is looked up, and one that is not ours gets one page.

None shows what else its owner follows (L12).
"""

import asyncio
import re
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from notifier.domain.signed_links import Opened, Purpose
from notifier.errors import TokenError
from notifier.storage import subscribers
from notifier.storage.subscribers import Named
from notifier.web.site import Site

BOTH = ("GET", "POST")  # HEAD comes with GET
#: A token, and what a program may have hung on to it: no more than the rest of a sentence, and never another path.
_TOKEN = re.compile(r"[^A-Za-z0-9_.-]*([A-Za-z0-9_.-]+)(?:[^A-Za-z0-9_./-][^/]*)?/*", re.DOTALL)


def token_of(request: Request) -> str:
    """The token in a path, without what a mail program took for a part of it: a slash, or what ends a sentence."""
    found = _TOKEN.fullmatch(str(request.path_params["token"]))
    return found[1].rstrip(".") if found else ""


def opened(site: Site, request: Request, purpose: Purpose) -> Opened | None:
    """What the link says, of whatever age; None where it is not ours."""
    try:
        return site.pages.keys.open(purpose, token_of(request))
    except TokenError:
        return None


def bad_link(site: Site) -> Response:
    """The one page for every link that is not ours, whatever is wrong with it (L10)."""
    return site.page("link.html", status=404)


async def whom(site: Site, subscription_ids: Sequence[int]) -> Named:
    """What a link names, for a page that changes nothing."""
    return await asyncio.to_thread(_looked_up, site, subscription_ids)


def _looked_up(site: Site, subscription_ids: Sequence[int]) -> Named:
    with site.pages.database.reading() as session:
        return subscribers.named(session, subscription_ids)
