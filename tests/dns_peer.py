"""A name server on loopback that says what a test lets it say, in real DNS over UDP."""

import asyncio
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class DnsPeer(asyncio.DatagramProtocol):
    """`records` by (name, type); a name without any does not exist. `silent`: it answers nothing at all."""

    def __init__(self, records: dict[tuple[str, str], list[str]], *, silent: bool = False) -> None:
        self.records, self.silent = records, silent

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        pass

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.silent:
            return
        question = dns.message.from_wire(data)
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        asked = question.question[0]
        name, kind = str(asked.name).rstrip("."), asked.rdtype.name
        found = self.records.get((name, kind))
        if found:
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *found))
        elif not any(known == name for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(answer.to_wire(), addr)
