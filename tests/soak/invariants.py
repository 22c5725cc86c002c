"""What must be so: while it goes on, when all has come to rest, and after a clean stop. Each names what it saw."""

import asyncio
import time
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path

from tests.soak import books
from tests.soak.ledger import Due, Ledger
from tests.soak.relay import Copy
from tests.soak.world import ADMIN, Worker, World

TO_REST = 150  # seconds until all that is due has gone, once nothing more goes wrong
IN_FLIGHT = 20.0  # seconds that a mail which was under way at an unsubscription may still take
ABOUT_AN_END = (
    -1.0,
    6.0,
)  # a dot so long before or after a kill may be one whose answer was not written down
TOO_LATE = 3.0  # seconds after which another side may have given up waiting for the rig
#: A state that a mail leaves only because an admin said so.
FINAL = {"sent", "rejected", "expired", "cancelled"}
TWICE = 2  # copies, the most that there may be of one mail
LARGEST, GROWTH = 450, 60  # MiB: a worker's memory at any time, and what it may gain for ever
WARM_AFTER, LONG_ENOUGH = (
    60.0,
    240.0,
)  # seconds of a life before which memory is not counted; how long it is looked at


class Invariants:
    """Looks on, and says what fell."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self.world, self.ledger = world, ledger
        self._mails: dict[int, books.Mail] = {}
        self._ended: set[int] = set()
        self._watermark = ""

    # --- while it goes on ---------------------------------------------------------------------------------------

    def journal(self, worker: Worker) -> None:
        """While a worker runs, its journal is there and stays the same, and it holds no deleted file of the database."""
        process = worker.process
        if not self.world.books.is_sqlite or not worker.up or process is None:
            return
        for descriptor in Path(f"/proc/{process.pid}/fd").glob("*"):
            with suppress(OSError):
                if "notifier.db" in (target := str(descriptor.readlink())) and target.endswith("(deleted)"):
                    self.world.fault("journal deleted", f"{worker.name} has open what was deleted: {target}")
        with suppress(OSError):
            inode = Path(f"{self.world.books.path}-wal").stat().st_ino
            if worker.journal is not None and worker.journal != inode and worker.up:
                self.world.fault("journal replaced", f"{worker.name}: inode {worker.journal} became {inode}")
            worker.journal = inode

    def memory(self, worker: Worker) -> None:
        """A worker's memory has an end."""
        if not worker.up or worker.process is None:
            return
        with suppress(OSError, StopIteration, IndexError):
            status = Path(f"/proc/{worker.process.pid}/status").read_text().splitlines()
            size = int(next(line for line in status if line.startswith("VmRSS")).split()[1]) // 1024
            age = time.monotonic() - worker.began
            worker.sizes.append((age, size))
            self.world.counts["largest MiB"] = max(self.world.counts.get("largest MiB", 0), size)
            warm = [each for at, each in worker.sizes if at > WARM_AFTER]
            third = len(warm) // 3
            grew = age > WARM_AFTER + LONG_ENOUGH and min(warm[-third:]) - max(warm[:third])
            if size > LARGEST or (grew and grew > GROWTH):
                told = f"{worker.name}: {size} MiB after {age:.0f} s, from {warm[:1]} MiB when warm"
                self.world.fault("memory grows", told)

    async def database(self) -> None:
        """The file is whole, and nothing in it moved back."""
        for damage in (await asyncio.to_thread(self.world.books.damage))[:5]:
            self.world.fault("integrity_check", damage)
        await self._people()
        self._states(await asyncio.to_thread(self.world.books.mails))
        watermark = await asyncio.to_thread(self.world.books.watermark)
        if watermark < self._watermark:
            self.world.fault("a state moved back", f"the data version {self._watermark} became {watermark}")
        self._watermark = max(watermark, self._watermark)

    async def _people(self) -> None:
        """Everybody on whom no act is under way is as the last act left them."""
        still = {known.email: known.version for known in self.ledger.people.values() if not known.busy}
        rows = await self.ledger.look()
        for email, version in still.items():
            known = self.ledger.people[email]
            if known.busy or known.version != version or known.gone or email in self.world.relay.refused:
                continue
            if known.row != rows.get(email):
                told = f"{email} was {known.row} and is {rows.get(email)}"
                self.world.fault("an acknowledged act is not there any more", told)
                known.row = rows.get(email)

    def _states(self, mails: list[books.Mail]) -> None:
        now = {mail.id: mail for mail in mails}
        for id_, was in self._mails.items():
            if was.state in FINAL and id_ in now and now[id_].state != was.state:
                if was.state == "sent" or not self.world.counts.get("sent by hand"):
                    told = f"message {id_} was {was.state} and is {now[id_].state}"
                    self.world.fault("a state moved back", told)
            elif id_ not in now and was.person_id not in self.ledger.erased:
                self.world.fault("a state moved back", f"message {id_}, {was.state}, is not there any more")
        self._mails = now

    # --- when all has come to rest ------------------------------------------------------------------------------

    async def rest(self) -> None:
        """Wait until nothing is due any more."""
        began, calm = time.monotonic(), 0
        while calm < 3:
            mails = await asyncio.to_thread(self.world.books.mails)
            waiting = Counter(
                mail.state for mail in mails if mail.state in {"due", "deferred", "sending", "unsure"}
            )
            notices = await asyncio.to_thread(self.world.books.due_notices)
            watermark = await asyncio.to_thread(self.world.books.watermark)
            at_rest = not waiting and not notices and watermark == self.world.days.timestamp
            calm = calm + 1 if at_rest else 0
            if time.monotonic() - began > TO_REST:
                told = f"after {TO_REST} s of calm: mails {dict(waiting)}, {notices} notices due, data {watermark}"
                self.world.fault("does not come to rest", told)
                return
            await asyncio.sleep(0.5)

    async def at_rest(self) -> None:
        """Compare what was acknowledged, what arrived, and what the database says."""
        await self.database()
        mails = await asyncio.to_thread(self.world.books.mails)
        copies = defaultdict(list)
        for recipient in list(self.world.relay.copies):
            for copy in self.world.relay.arrived(recipient):
                copies[copy.message_id].append(copy)
        self._copies(copies)
        self._rows_and_copies({mail.message_id: mail for mail in mails}, copies)
        self._after_leaving()
        # A mail that was in doubt twice waits for an admin, whatever it tells; nothing else that goes on here does.
        unsent = {mail for mail in mails if mail.state != "sent"}
        doubted = {mail for mail in unsent if self._doubts(mail.message_id, copies) >= TWICE}
        for mail in (each for each in unsent - doubted if each.state == "held"):
            self.world.fault("a mail is held", f"message {mail.id}, {mail.kind}: {mail.reason}")
        for due in self.ledger.untold():
            theirs = [mail for mail in mails if mail.person_id == self._id(due.email)]
            if not doubted.intersection(theirs):
                said = await self._said_of(due, theirs)
                self.world.fault("a mail is lost", f"{due} was published, and told in no mail; {said}")
        missing = self.ledger.reasons - await asyncio.to_thread(self.world.books.reasons)
        for reason in sorted(missing):
            self.world.fault("an acknowledged act is not there any more", f"audit has no {reason!r}")

    def _doubts(self, message_id: str, copies: dict[str, list[Copy]]) -> int:
        """How often the worker could not know whether this mail was taken."""
        in_doubt = [copy for copy in copies.get(message_id, ()) if self._is_in_doubt(copy)]
        # One that was killed after it marked a mail, and before the first byte, left no trace at the relay.
        return self.world.relay.cut[message_id] + len(in_doubt) + bool(self.world.ends)

    async def _said_of(self, due: Due, mails: list[books.Mail]) -> str:
        """What the program itself says of it, and the mails that it speaks of, for whoever looks for the cause."""
        ran = await self.world.command("subscribers", "show", due.email, "--changes", "1000")
        lines = [line.strip() for line in ran.out.splitlines() if due.nct_id in line]
        rows = [f"{mail.id} {mail.kind} {mail.state} {mail.reason or ''}" for mail in mails]
        path = self.world.folder / f"mails-to-{due.email}.txt"
        path.write_text("\n\n=====\n".join(copy.text for copy in self.world.relay.arrived(due.email)))
        return f"the program says: {lines}; rows: {rows}; what arrived is in {path.name}"

    def _id(self, email: str) -> int | None:
        row = self.ledger.people[email].row
        return None if row is None else row.id

    def _copies(self, copies: dict[str, list[Copy]]) -> None:
        """Each mail arrived once; twice where the first was in doubt."""
        for message_id, of_one in copies.items():
            sure = [copy for copy in of_one[:-1] if not self._is_in_doubt(copy)]
            most = TWICE + self.world.counts.get("sent by hand", 0)
            if len(of_one) > most or sure or len({copy.recipient for copy in of_one}) > 1:
                when = [
                    f"{copy.at - self.world.began:.2f} {copy.answer!r} {copy.recipient}" for copy in of_one
                ]
                self.world.fault("a second mail", f"{message_id}: {when}")

    def _rows_and_copies(self, rows: dict[str, books.Mail], copies: dict[str, list[Copy]]) -> None:
        for message_id, mail in rows.items():
            if mail.state == "sent" and message_id not in copies:
                self.world.fault("a mail is lost", f"message {mail.id} is sent, and never arrived")
        for message_id in copies.keys() & rows.keys():
            mail, last = rows[message_id], copies[message_id][-1]
            if mail.state != "sent" and not self._is_in_doubt(last):
                self.world.fault("a state moved back", f"message {mail.id} was taken and is {mail.state}")
        erased = {known.email for known in self.ledger.people.values() if known.gone}
        for message_id in copies.keys() - rows.keys():
            if (to := copies[message_id][0].recipient) not in {ADMIN, *erased}:
                self.world.fault("a mail of nowhere", f"{message_id} to {to} is in no row")

    def _is_in_doubt(self, copy: Copy) -> bool:
        """Whether the worker may not know that this one was taken: the line or the worker ended right behind it."""
        return copy.answer in (b"", None) or not copy.heard or self._near_an_end(copy.at)

    def _near_an_end(self, at: float) -> bool:
        before, after = ABOUT_AN_END
        return any(before < end - at < after for end in (*self.world.ends, *self.world.lags))

    def _after_leaving(self) -> None:
        """Who follows nothing hears nothing, but for what they ask for."""
        for known in self.ledger.people.values():
            for copy in self.world.relay.arrived(known.email) if known.left is not None else ():
                if copy.began > known.left + IN_FLIGHT and copy.mail["List-Unsubscribe"]:
                    self.world.fault(
                        "mailed after leaving", f"{known.email}, {copy.began - known.left:.0f} s after"
                    )

    # --- when all has stopped -----------------------------------------------------------------------------------

    async def stopped(self) -> None:
        """After a clean stop the file is whole, all is as it was, and no log has a traceback."""
        await self.database()
        for worker in self.world.workers:
            said = self.world.log_of(worker).read_text(errors="replace")
            if (at := said.find("Traceback")) >= 0:
                self.world.fault("traceback", f"{worker.name}: {said[max(0, at - 300) : at + 1500]}")
            if '"tick_broke"' in said:
                at = said.find('"tick_broke"')
                self.world.fault("a tick broke", f"{worker.name}: {said[max(0, at - 1200) : at + 300]}")
