"""A mail server that takes everything and keeps nothing, in a process of its own: as little work as a reply needs."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent
GREETING = b"220 sink ESMTP\r\n"
OFFERS = b"250-sink\r\n250-PIPELINING\r\n250-SIZE 50000000\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"
TAKEN = b"250 2.0.0 Ok: queued as 4XyZ\r\n"
REPLIES = {
    b"EHLO": OFFERS, b"HELO": b"250 sink\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 2.0.0 bye\r\n",
}  # fmt: skip
END = b"\r\n.\r\n"


class Sink(asyncio.Protocol):
    """One connection; every reply is `delay` seconds late."""

    def __init__(self, delay: float, counts: dict[str, int]) -> None:
        self._delay, self._counts = delay, counts
        self._left, self._tail, self._in_content = b"", b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._counts["connections"] += 1
        self._say(GREETING)

    def data_received(self, data: bytes) -> None:
        if self._in_content:
            data = self._skipped(data)
        if data:
            self._answer(self._left + data)

    def _skipped(self, data: bytes) -> bytes:
        """What follows the end of the message; its end may come in pieces, so the last bytes are kept."""
        seen = self._tail + data
        at = seen.find(END)
        if at < 0:
            self._tail = seen[-4:]
            return b""
        self._in_content, self._tail = False, b""
        self._counts["mails"] += 1
        self._say(TAKEN)
        return seen[at + len(END) :]

    def _answer(self, data: bytes) -> None:
        while (at := data.find(b"\r\n")) >= 0:
            verb, data = data[:4].upper(), data[at + 2 :]
            self._say(REPLIES.get(verb, b"250 2.1.0 Ok\r\n"))
            if verb == b"DATA":
                self._in_content, self._left = True, b""
                self._tail = b"\r\n"
                if data:
                    self.data_received(data)
                return
        self._left = data

    def _say(self, reply: bytes) -> None:
        if not self._delay:
            self._transport.write(reply)
        else:
            asyncio.get_running_loop().call_later(self._delay, self._late, reply)

    def _late(self, reply: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(reply)


async def serve(delay: float) -> None:
    """Say the port on standard output, take mails until standard input ends, and say how many came."""
    counts = {"mails": 0, "connections": 0}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Sink(delay, counts), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(json.dumps(counts), flush=True)


@contextmanager
def sink(delay: float = 0.0) -> Iterator[tuple[int, dict[str, int]]]:
    """The port of a sink, and what it counted, which is filled in when it has ended."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink", str(delay)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    counts: dict[str, int] = {}
    try:
        yield int(process.stdout.readline()), counts
    finally:
        process.stdin.close()
        counts |= json.loads(process.stdout.readline() or "{}")
        process.stdout.close()
        process.wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(float(sys.argv[1])))
