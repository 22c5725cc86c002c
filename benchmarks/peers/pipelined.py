"""A plain client of asyncio that sends prebuilt bytes as fast as SMTP lets one process: what any sender is measured by.

Each message goes with the commands of the next one, so that a mail is one trip. It looks nothing up, marks nothing, keeps no
verdict, and would send everything again after a crash.
"""

import asyncio
import time
from pathlib import Path
from typing import Any


def send(path: str, count: int, port: int, connections: int) -> dict[str, Any]:
    """One prebuilt mail to so many recipients; how long that took, also in seconds of CPU."""
    content = Path(path).read_bytes().replace(b"\r\n.", b"\r\n..") + b".\r\n"
    began, used = time.perf_counter(), time.process_time()
    asyncio.run(_all(content, count, port, connections))
    cpu = {"sending": time.process_time() - used}
    return {"mails": count, "assembling": 0.0, "sending": time.perf_counter() - began, "cpu": cpu}


async def _all(content: bytes, count: int, port: int, connections: int) -> None:
    numbers = iter(range(count))

    async def line() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await _reply(reader)
        writer.write(b"EHLO [127.0.0.1]\r\n")
        await _reply(reader)
        waiting = b""
        for number in numbers:
            envelope = f"MAIL FROM:<updates@example.org>\r\nRCPT TO:<reader{number}@example.net>\r\nDATA\r\n"
            writer.write(waiting + envelope.encode())
            for _ in range(4 if waiting else 3):
                await _reply(reader)
            waiting = content
        writer.write(waiting + b"QUIT\r\n")
        for _ in range(2 if waiting else 1):
            await _reply(reader)
        writer.close()

    await asyncio.gather(*(line() for _ in range(connections)))


async def _reply(reader: asyncio.StreamReader) -> None:
    while (said := await reader.readline())[3:4] == b"-":
        pass
    if said[:1] not in b"23":
        raise RuntimeError(f"the sink refused: {said!r}")
