"""Pages that say the same to everybody: kept for a while, and asked for again with "only if it changed" (RFC 9110)."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.requests import Request
from starlette.responses import Response

from notifier.clock import date_of
from notifier.domain.signed_links import Purpose
from notifier.web.site import CACHED_FOR, Site

#: Stands in a page for the token that says when its form was shown, which must not make every copy of it another page.
FORM_TOKEN = "the-time-of-this-form"  # noqa: S105 - it is no secret, it is where one goes
#: What neither XML 1.0 (its production 2, Char) nor a page has a use for; the registry's texts may hold anything.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_PACKED = re.compile(r"[-;:]{1,2}(?:gzip|br|zstd|deflate)$", re.IGNORECASE)
PUBLIC = f"public, max-age={CACHED_FOR}"


def answer(
    site: Site,
    request: Request,
    text: str,
    *,
    media_type: str = "text/html",
    modified: datetime | None = None,
) -> Response:
    """The text as an answer that may be kept; 304 without it where the asker has it already."""
    text = _NO_TEXT.sub("", text)
    tag = f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    headers = {"Cache-Control": PUBLIC, "ETag": tag}
    if modified is not None:
        headers["Last-Modified"] = format_datetime(modified.astimezone(UTC), usegmt=True)
    if _is_known(request.headers, tag, modified):
        return Response(status_code=304, headers=headers)
    if FORM_TOKEN in text:
        text = text.replace(FORM_TOKEN, site.pages.keys.sign(Purpose.FORM, (), site.now))
    return Response(text, media_type=media_type, headers=headers)


def _is_known(asked: Mapping[str, str], tag: str, modified: datetime | None) -> bool:
    """Whether the asker's copy is this one; its tag decides, and its date only where it names no tag."""
    tags = asked.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or _bare(tag) in map(_bare, tags.split(","))
    since = asked.get("if-modified-since")
    if since is None or modified is None:
        return False
    known = date_of(since)
    return known is not None and modified.replace(microsecond=0) <= known


def _bare(tag: str) -> str:
    """A tag without what says how its copy was packed: servers before us write `"…-gzip"`, `"…--gzip"` or `"…-br"`."""
    return _PACKED.sub("", tag.strip().removeprefix("W/").replace('"', ""))
