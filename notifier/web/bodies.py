"""What is sent to a page: read with a limit and in time, as a form, or read and forgotten."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from urllib.parse import parse_qsl

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

LARGEST_BODY = 64 * 1024  # bytes; a one-click POST has 26
MOST_FIELDS = 200
BODY_WITHIN = 10.0  # seconds in which a body must have come


async def read_away(request: Request) -> None:
    """Read the body and forget it: the link alone says what to do. Form parsing could only find ways to fail."""
    with suppress(ClientDisconnect, TimeoutError):
        async with asyncio.timeout(BODY_WITHIN):
            async for _ in _limited(request):
                pass


async def read_form(request: Request) -> FormData:
    """The fields of a form, in either of the two ways in which browsers send them; files are refused.

    Raises HTTPException: 408 for a body that does not come in time, 413 for one that is too large, 400 for none.
    """
    try:
        async with asyncio.timeout(BODY_WITHIN):
            return await _parsed(request)
    except TimeoutError:
        raise HTTPException(408) from None
    except (ClientDisconnect, MultiPartException, UnicodeDecodeError, ValueError):
        raise HTTPException(400) from None


async def _parsed(request: Request) -> FormData:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        parser = MultiPartParser(
            request.headers,
            _limited(request),
            max_files=0,
            max_fields=MOST_FIELDS,
            max_part_size=LARGEST_BODY,
        )
        return await parser.parse()
    body = b"".join([chunk async for chunk in _limited(request)])
    pairs = parse_qsl(
        body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
    )
    return FormData([*pairs])


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_BODY:
            raise HTTPException(413)
        yield chunk


def said(form: Mapping[str, object], name: str, longest: int = 400) -> str:
    """One field as text on one line, without control characters; empty where it was not sent.

    Of a text that is too long, a sign more than `longest` is left, so that it can be seen to be too long.
    """
    value = form.get(name)
    return on_one_line(value if isinstance(value, str) else "", longest)


def on_one_line(text: str, longest: int) -> str:
    """The text with single blanks for all that cannot be seen; what is longer than `longest` is cut after it."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[: longest + 1]
