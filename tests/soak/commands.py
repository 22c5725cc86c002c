"""The admin, who runs every command beside the worker. What a fault does not explain is a fault itself."""

import json
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.returned_mails import dsn
from tests.soak.days import CONDITIONS, STUDIES
from tests.soak.ledger import Known, Ledger
from tests.soak.world import CANARY, Ran, World

#: What may be said with exit 1 while the worker does the same.
BUSY = ("running already", "pass is running", "nother worker", "published new data")
REGISTRY_TROUBLE = 60.0  # seconds in which a fault of the registry explains that a command could not ask it
SUMMARIES = """nct_id,title,summary,could_lead_to,could_go_wrong,source
{},A study of the rig,This study asks whether tea helps.,It may help.,It may not help.,The rig
"""


class Commands:
    """Picks a command, runs it, and holds it to what it said."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self.world, self.ledger, self.rng = world, ledger, world.random("commands")
        self._number = 0
        deeds: list[tuple[int, Callable]] = [
            (6, self.add),
            (3, self.pause),
            (3, self.resume),
            (3, self.end),
            (1, self.erase),
            (2, self.export),
            (2, self.import_),
            (1, self.move),
            (1, self.lift),
            (2, self.bounce),
            (1, self.rollback),
            (2, self.backup),
            (1, self.summaries),
            (1, self.resend),
            (1, self.release_or_drop),
            (1, self.correct),
            (1, self.rotate),
            (1, self.doctor),
            (1, self.canary),
            (2, self.watch),
            (2, self.deliver),
            (16, self.only_look),
        ]
        self._acts = world.acts("commands", deeds)

    async def act(self) -> None:
        """The admin does something."""
        await next(self._acts)()

    # --- running and judging ------------------------------------------------------------------------------------

    async def run(
        self,
        *arguments: str,
        may_fail: tuple[str, ...] = (),
        killable: bool = False,
        asks_the_registry: bool = False,
    ) -> Ran | None:
        """Run a command; None where it was killed or could not do it for a reason that is in order."""
        kill_after = self.rng.uniform(0.02, 0.5) if killable and self.rng.random() < 0.06 else None
        ran = await self.world.command(*arguments, kill_after=kill_after)
        if ran.killed:
            return None
        words = f"notifier {' '.join(arguments)}: exit {ran.code}: {(ran.err or ran.out)[-1500:]}"
        if "Traceback" in ran.err + ran.out or ran.code not in (0, 1):
            self.world.fault("traceback" if "Traceback" in ran.err + ran.out else "exit", words)
            return None
        if ran.code == 1:
            if asks_the_registry:  # it may have had its bad moment while the command ran
                may_fail += self._registry_trouble()
            if not any(each in ran.err + ran.out for each in may_fail):
                self.world.fault("exit", words)
            return None
        if "--json" in arguments:
            self._parsed(ran)
        return ran

    def _parsed(self, ran: Ran):
        try:
            return [json.loads(line) for line in ran.out.splitlines()]
        except ValueError:
            self.world.fault("not JSON", f"notifier {' '.join(ran.arguments)}: {ran.out[-500:]}")
            return []

    def _reason(self) -> str:
        self._number += 1
        return f"rig {self._number}"

    async def _on(self, known: Known, *arguments: str, wanted, audited: bool = True, **how) -> bool:
        """A command that changes one person: what it says is done has to be so."""
        reason = self._reason()
        async with self.ledger.held(known) as act:
            ran = await self.run(*arguments, "--reason", reason, killable=True, **how)
            if ran is None:
                return False
            await act.done(reason if audited and act.before[known.email] != known.row else None)
            if not wanted(known.row):
                what = f"notifier {' '.join(arguments)} said {ran.out.strip()!r}: {known.row}"
                self.world.fault("acknowledged, and not done", what)
        return True

    def _somebody(self, wanted=lambda _known: True) -> Known | None:
        refused = self.world.relay.refused
        return self.ledger.pick(
            self.rng, lambda each: bool(each.follows) and each.email not in refused and wanted(each)
        )

    # --- people -------------------------------------------------------------------------------------------------

    async def add(self) -> None:
        known = self._somebody() if self.rng.random() < 0.3 else None
        if known is None:
            known = self.ledger.person(f"member{self._number + 1}@example{self._number % 5}.org")
        topic, consents = self.rng.choice(STUDIES + CONDITIONS), self.rng.random() < 0.8
        what = ["--study" if topic in STUDIES else "--condition", topic]
        what += ["--every", self.rng.choice(("immediate", "immediate", "immediate", "daily", "weekly"))]
        consent = ["--consent", "said so"] if consents else []

        def wanted(row):
            follow = None if row is None else row.of(topic)
            return follow is not None and (follow.state != "pending" or not consents)

        if known.busy:
            return
        await self._on(
            known,
            "subscribers",
            "add",
            known.email,
            *what,
            *consent,
            wanted=wanted,
            audited=False,
            asks_the_registry=True,
        )

    async def pause(self) -> None:
        if (known := self._somebody()) is None:
            return
        topic = self.rng.choice(known.follows).topic

        def wanted(row):
            return row.of(topic) is None or row.of(topic).state in ("paused", "pending")

        await self._on(known, "subscribers", "pause", known.email, *_of(topic), wanted=wanted)

    async def resume(self) -> None:
        if (known := self._somebody(lambda each: _has(each, "paused")) or self._somebody()) is None:
            return

        def wanted(row):
            return all(each.state != "paused" for each in row.live)

        await self._on(known, "subscribers", "resume", known.email, wanted=wanted)

    async def end(self) -> None:
        if (known := self._somebody()) is None:
            return
        topic = self.rng.choice(known.follows).topic
        await self._on(
            known, "subscribers", "end", known.email, *_of(topic), wanted=lambda row: row.of(topic) is None
        )

    async def erase(self) -> None:
        if (known := self._somebody()) is None:
            return
        self.ledger.erased.add(known.row.id)
        done = await self._on(
            known, "subscribers", "erase", known.email, "--yes", wanted=lambda row: row is None
        )
        known.gone = done or known.row is None  # one that was killed may have done it

    async def export(self) -> None:
        if (known := self._somebody()) is None:
            return
        async with self.ledger.held(known):
            ran = await self.run("subscribers", "export", known.email)
            if ran is not None and known.email not in ran.out:
                self.world.fault(
                    "wrong answer", f"export of {known.email} does not name them: {ran.out[:300]}"
                )

    async def import_(self) -> None:
        people = [self.ledger.person(f"import{self._number}-{n}@example{n}.org") for n in range(3)]
        follows = [(known, self.rng.choice(STUDIES + CONDITIONS)) for known in people]
        async with self.ledger.held(*people) as act:
            if await self.import_list(follows, killable=True) is None:
                return
            await act.done()
            for known, topic in follows:
                if known.row is None or known.row.of(topic) is None or known.row.of(topic).state != "active":
                    self.world.fault("acknowledged, and not done", f"import of {known.email}: {known.row}")

    async def import_list(self, follows: list[tuple[Known, str]], *, killable: bool = False) -> Ran | None:
        """Bring in people who are held, with their consent; now and then after a dry run."""
        reason = self._reason()
        path = self.world.folder / f"import-{self._number}.csv"
        lines = [
            f"{known.email},{topic if topic in STUDIES else ''},{topic if topic in CONDITIONS else ''},signed a list"
            for known, topic in follows
        ]
        path.write_text("\n".join(["email,study,condition,consent", *lines]) + "\n")
        if self.rng.random() < 0.3:
            await self.run("subscribers", "import", str(path), "--json")
        words = ("subscribers", "import", str(path), "--commit", "--yes", "--reason", reason)
        ran = await self.run(*words, killable=killable)
        if ran is not None:
            self.ledger.reasons.add(reason)
        return ran

    async def move(self) -> None:
        if (known := self._somebody()) is None:
            return
        target = self.ledger.person(f"moved-{known.email}")
        if target.busy or target.row is not None or target.gone:
            return
        reason = self._reason()
        async with self.ledger.held(known, target) as act:
            ran = await self.run(
                *("subscribers", "move", known.email, target.email, "--consent", "wrote", "--reason", reason),
                killable=True,
            )
            if ran is None:
                return
            known.gone = True
            await act.done(reason)
            was = {each.topic for each in act.before[known.email].live}
            if target.row is None or was != {each.topic for each in target.row.live}:
                self.world.fault(
                    "acknowledged, and not done", f"move to {target.email}: {was} became {target.row}"
                )

    async def lift(self) -> None:
        refused = sorted(self.world.relay.refused)
        email = self.rng.choice(refused) if refused else "nobody@example.org"
        if (known := self.ledger.person(email)).busy:
            return
        async with self.ledger.held(known) as act:
            ran = await self.run(
                *("subscribers", "lift", email, "--why", "she called"), may_fail=("is not suppressed",)
            )
            if ran is not None:
                await act.done()

    async def bounce(self) -> None:
        """A report of a mail that somebody got: their mailbox is gone."""
        arrived = self.world.relay.arrived
        if (known := self._somebody(lambda each: bool(arrived(each.email)))) is None:
            return
        copy = self.rng.choice(arrived(known.email))
        self._number += 1
        path = self.world.folder / f"bounce-{self._number}.eml"
        path.write_bytes(dsn(to="bounces@bounces.operator.example", who=known.email, mail_id=copy.message_id))
        async with self.ledger.held(known) as act:
            ran = await self.run("bounces", str(path), *(("--json",) if self.rng.random() < 0.5 else ()))
            if ran is not None:
                await act.done()
                # Whether that ends what they follow is for others to test; nothing more is expected for them.
                self.world.relay.refused.setdefault(known.email, time.monotonic())

    # --- what was found, and mails ------------------------------------------------------------------------------

    async def rollback(self) -> None:
        nct_id = self.rng.choice(STUDIES)
        reason = self._reason()
        newest = await self._newest_version(nct_id)
        if newest is None:
            return
        ran = await self.run(
            *("studies", "rollback", nct_id, newest, "--yes", "--reason", reason),
            may_fail=(
                "newest",
                "only this version",
                "no version",
                "being sent this moment",
                "watch pass is running",
            ),
        )
        # What is compared with what is another thing from here on.
        self.ledger.withdrawn[nct_id] = time.monotonic() + REGISTRY_TROUBLE
        if ran is not None:
            self.ledger.reasons.add(reason)

    async def _newest_version(self, nct_id: str) -> str | None:
        ran = await self.run("studies", "history", nct_id, "--json")
        try:
            return None if ran is None else str(json.loads(ran.out)["versions"][-1]["number"])
        except (KeyError, IndexError, ValueError):
            return None

    async def backup(self) -> None:
        self._number += 1
        path = self.world.folder / f"copy-{self._number}.backup"
        ran = await self.run("backup", str(path), may_fail=("leads to a pooler",))
        if ran is not None and self.world.books.is_sqlite:
            copy = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            found = copy.execute("PRAGMA integrity_check").fetchall()
            copy.close()
            if found != [("ok",)]:
                self.world.fault("damaged backup", f"{path.name}: {found[:3]}")
        path.unlink(missing_ok=True)

    async def summaries(self) -> None:
        self._number += 1
        path = self.world.folder / f"summaries-{self._number}.csv"
        nct_id, reason = self.rng.choice(STUDIES), self._reason()
        path.write_text(SUMMARIES.format(nct_id))
        ran = await self.run("summaries", "import", str(path), "--commit", "--reason", reason)
        if ran is not None:
            self.ledger.reasons.add(reason)
            await self.run("summaries", "show", nct_id)

    async def resend(self) -> None:
        self.world.count("sent by hand")
        today = datetime.now(UTC).date().isoformat()
        await self.run(
            "outbox", "resend", "--from", today, "--to", today, "--yes", "--reason", self._reason()
        )

    async def release_or_drop(self) -> None:
        """What is held here was in doubt twice: it goes a third time, or never."""
        self.world.count("sent by hand")
        deed = self.rng.choice(("release", "drop"))
        await self.run("outbox", deed, "--yes", "--reason", self._reason())

    async def correct(self) -> None:
        today = datetime.now(UTC).date().isoformat()
        await self.run(
            *("outbox", "correct", "--study", self.rng.choice(STUDIES), "--from", today, "--to", today),
            *("--text", "The number of people was not right.", "--yes", "--reason", self._reason()),
            *(("--dry-run",) if self.rng.random() < 0.5 else ()),
            may_fail=("obody",),
        )

    async def rotate(self) -> None:
        await self.run("keys", "rotate")

    async def doctor(self) -> None:
        """May find the registry or the relay in a bad hour, or a worker that is not up."""
        ran = await self.world.command("doctor", "--json")
        if ran.code not in (0, 1) or "Traceback" in ran.err + ran.out:
            self.world.fault("exit", f"notifier doctor: exit {ran.code}: {(ran.err or ran.out)[-1500:]}")
        elif self._parsed(ran):
            self.world.count("doctor runs")

    async def canary(self) -> None:
        folder = self.world.folder / "canary"
        for name in ("new", "cur", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for number, copy in enumerate(self.world.relay.arrived(CANARY)):
            (folder / "new" / f"{number}.eml").write_bytes(copy.content)
        await self.run("canary", "check", "--maildir", str(folder))

    async def watch(self) -> None:
        await self.run("watch", "--json", may_fail=BUSY, asks_the_registry=True)

    async def deliver(self) -> None:
        await self.run(
            "deliver", "--json", may_fail=(*BUSY, *(("mail server",) if self.world.relay.mishaps else ()))
        )

    # --- looking ------------------------------------------------------------------------------------------------

    async def only_look(self) -> None:
        nct_id, today = self.rng.choice(STUDIES), datetime.now(UTC).date()
        known = self._somebody()
        looks = [
            ("subscribers", "list", "--json"),
            ("subscribers", "list"),
            ("studies", "show", nct_id),
            ("studies", "history", nct_id, "--json"),
            ("studies", "diff", nct_id),
            ("outbox", "list", "--json"),
            ("outbox", "plan", "--json"),
            ("outbox", "sent", "--from", today.isoformat(), "--to", today.isoformat(), "--json"),
            ("outbox", "reconcile", "--json"),
            ("outbox", "reconcile"),
            ("audit", "--json"),
            ("preview", nct_id, "--folder", f"preview-{self.rng.randrange(3)}"),
            ("simulate", "--from", (today - timedelta(days=1)).isoformat(), "--json"),
            ("keys", "list"),
            ("database", "status"),
            ("summaries", "list"),
            ("preview", "--folder", "samples", "--language", self.rng.choice(("en", "da", "de"))),
        ]
        arguments = self.rng.choice(looks)
        if known is not None and self.rng.random() < 0.2:
            async with self.ledger.held(known) as act:
                await self.run("subscribers", "show", known.email, "--json")
                act.acknowledged = True  # nothing was to change
            return
        if arguments[1:2] == ("list",) and arguments[0] == "outbox" and self.rng.random() < 0.5:
            await self._show_a_mail()
            return
        await self.run(*arguments, may_fail=("has only one stored version", "No change of"))

    async def _show_a_mail(self) -> None:
        mails = self.world.books.mails()
        if mails:
            # It may be of somebody who is erased meanwhile.
            await self.run("outbox", "show", str(self.rng.choice(mails).id), may_fail=("no message",))

    def _registry_trouble(self) -> tuple[str, ...]:
        """Words that say that the registry could not be asked, where it had a bad moment lately."""
        days = self.world.days
        lately = days.registry.faults_left or time.monotonic() - days.last_fault < REGISTRY_TROUBLE
        return ("registry", "ClinicalTrials.gov") if lately else ()


def _of(topic: str) -> tuple[str, str]:
    return ("--study" if topic in STUDIES else "--condition", topic)


def _has(known: Known, state: str) -> bool:
    return any(each.state == state for each in known.follows)
