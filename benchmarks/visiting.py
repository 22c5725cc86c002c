"""The visitors of `visitors`: a process that imports little, so that its start costs the machine little beside the pages.

It is told in JSON what it does: `["walk", port, ids]` or `["ask", port, ids, visitors]`.
"""

import asyncio
import json
import sys
import time
from statistics import median, quantiles


class Line:
    """A line to the pages, on which one thing after the other is asked for."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.tags: dict[str, bytes] = {}

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)

    async def get(self, nct_id: str, *, known: bool = False) -> int:
        """Ask for the page of a study, known: if it changed; the status of the answer."""
        tag = b"If-None-Match: %s\r\n" % self.tags[nct_id] if known else b""
        self._writer.write(b"GET /studies/%s HTTP/1.1\r\nHost: pages\r\n%s\r\n" % (nct_id.encode(), tag))
        head = await self._reader.readuntil(b"\r\n\r\n")
        headers = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
        await self._reader.readexactly(int(headers.get(b"content-length", 0)))
        self.tags[nct_id] = headers.get(b"etag", b"")
        return int(head.split(b" ", 2)[1])


async def _walk(port: int, ids: list[str]) -> None:
    """One visitor, who sees every page when told to."""
    line, told = Line(port), asyncio.StreamReader()
    await line.open()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
    for name in ("warm", "first", "kept", "known"):
        await told.readline()
        # What the program makes once, it makes for a page that is kept by another name.
        for nct_id in ids[:1] if name == "warm" else ids:
            status = await line.get(nct_id, known=name == "known")
            assert status == (304 if name == "known" else 200), status
        print("walked", flush=True)


async def _ask(port: int, ids: list[str], visitors: int) -> None:
    """So many at once, each asking for the next page as soon as it has one, until nothing more is said to us."""
    took: list[float] = []
    over = asyncio.create_task(asyncio.to_thread(sys.stdin.read))

    lines = [Line(port) for _ in range(visitors)]
    for line in lines:
        await line.open()
    print("asking", flush=True)

    async def visitor(number: int, line: Line) -> None:
        turn = number
        while not over.done():
            began = time.perf_counter()
            assert await line.get(ids[turn % len(ids)]) == 200
            took.append(time.perf_counter() - began)
            turn += 7

    began = time.perf_counter()
    await asyncio.gather(*map(visitor, range(visitors), lines))
    asked = len(took) / (time.perf_counter() - began)
    print(json.dumps({"asked": asked, "slow": quantiles(took, n=100)[-1], "middle": median(took)}))


if __name__ == "__main__":
    WHAT, *GIVEN = json.loads(sys.argv[1])
    asyncio.run(_walk(*GIVEN[:2]) if WHAT == "walk" else _ask(*GIVEN))
