"""People at the pages: they sign up, confirm, choose, pause, leave, take it back, and look around. One act at a time each."""

import asyncio
import json
import re
from base64 import urlsafe_b64decode
from email.message import EmailMessage

import httpx

from tests.soak.days import CONDITIONS, STUDIES
from tests.soak.ledger import Act, Known, Ledger
from tests.soak.world import Worker, World

PATIENCE = 90.0  # seconds that a page may take while everything else takes the machine
_CONFIRM = re.compile(r"http://\S+/confirm/\S+")
_CHOICES = re.compile(r"http://\S+/preferences/[^\s?]+")
_ONE_CLICK = re.compile(r"<(http://[^>]+)>")
_UNDO = re.compile(r'action="(/undo/[^"]+)"')
PAGES = (
    "/", *(f"/studies/{nct_id}" for nct_id in STUDIES), f"/conditions?q={CONDITIONS[0].replace(' ', '+')}",
    f"/feeds/studies/{STUDIES[0]}.atom", f"/feeds/conditions.atom?q={CONDITIONS[1].replace(' ', '+')}",
    f"/subscriptions?study={STUDIES[1]}", "/preferences", "/healthz", "/metrics",
)  # fmt: skip


class Disturbed(Exception):
    """The worker was ended meanwhile: nobody knows what became of it."""


class Readers:
    """Everybody who uses the pages."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self.world, self.ledger, self.rng = world, ledger, world.random("readers")
        self._names = 0
        deeds = [
            (5, self.sign_up),
            (8, self.confirm),
            (3, self.one_click),
            (3, self.press_in_a_mail),
            (2, self.ask_for_choices),
            (6, self.choose),
            (4, self.look_around),
        ]
        self._acts = world.acts("readers", deeds)

    async def act(self) -> None:
        """Somebody does something, where there are pages to do it at."""
        if not any(worker.up for worker in self.world.workers):
            return
        try:
            await next(self._acts)()
        except Disturbed:
            self.world.count("acts nobody knows of")

    # --- asking a page ------------------------------------------------------------------------------------------

    async def ask(self, method: str, address: str, *, expect=(200,), **sent) -> httpx.Response:
        """Ask a worker that runs. What a kill does not explain is a fault."""
        worker = self._one()
        if worker is None:
            raise Disturbed
        life, path = worker.life, re.sub(r"^http://[^/]+", "", address)
        self.world.count("requests")
        try:
            async with httpx.AsyncClient(base_url=worker.url, trust_env=False, timeout=PATIENCE) as browser:
                answer = await browser.request(method, path, **sent)
        except httpx.HTTPError as fault:
            await asyncio.sleep(0.2)
            if worker.up and worker.life == life:
                self.world.fault("no answer", f"{method} {_short(path)}: {type(fault).__name__} {fault}")
            raise Disturbed from None
        if answer.status_code not in expect:
            if answer.status_code >= 500 and (not worker.up or worker.life != life):
                raise Disturbed
            words = " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())[-300:]
            self.world.fault("wrong answer", f"{method} {_short(path)}: {answer.status_code} {words}")
            raise Disturbed
        self.world.note(f"{method} {_short(path)} -> {answer.status_code}")
        return answer

    def _one(self) -> Worker | None:
        running = [worker for worker in self.world.workers if worker.up]
        return self.rng.choice(running) if running else None

    # --- what people do -----------------------------------------------------------------------------------------

    async def sign_up(self, email: str | None = None) -> None:
        known = self.ledger.pick(self.rng) if email is None and self.rng.random() < 0.3 else None
        if known is None:
            self._names += 1
            known = self.ledger.person(email or f"reader{self._names}@example{self._names % 5}.org")
            if email is None and self.rng.random() < 0.04:
                self.world.relay.dead.add(known.email)
        topics = self.rng.sample(STUDIES + CONDITIONS, self.rng.choice((1, 1, 2)))
        every = self.rng.choice(("immediate",) * 6 + ("daily", "weekly"))
        language = self.rng.choice(("en", "en", "da", "de"))
        form = [("email", known.email), ("every", every), ("language", language), ("consent", "yes")]
        # A form has one field for a study, and several for conditions.
        studies = [topic for topic in topics if topic in STUDIES][:1]
        topics = studies + [topic for topic in topics if topic not in STUDIES]
        form += [("study" if topic in STUDIES else "condition", topic) for topic in topics]
        async with self.ledger.held(known) as act:
            await self.ask(
                "POST", "/subscriptions", data=_fields(form), headers={"Accept": "application/json"}
            )
            await act.done()
            self._must(known, all(known.row and known.row.of(topic) for topic in topics), "sign-up", topics)
        self.world.count("sign-ups")

    async def confirm(self) -> None:
        def asked(known: Known) -> bool:
            return any(link not in known.used for link in self._links(known, _CONFIRM))

        if (known := self.ledger.pick(self.rng, asked)) is None:
            return
        link = next(link for link in self._links(known, _CONFIRM) if link not in known.used)
        async with self.ledger.held(known) as act:
            await self.ask("GET", link)
            await self.ask("POST", link)
            known.used.add(link)
            await act.done()
            self._must_be(
                known, act, link, lambda each: each is None or each.state != "pending", "confirmation"
            )
        self.world.count("confirmations")

    async def one_click(self) -> None:
        """What a mail program does with the header."""
        if (found := self._a_mail(lambda mail: mail["List-Unsubscribe-Post"])) is None:
            return
        known, mail = found
        link = _ONE_CLICK.search(str(mail["List-Unsubscribe"]))[1]
        async with self.ledger.held(known) as act:
            await self.ask("POST", link, data={"List-Unsubscribe": "One-Click"})
            await act.done()
            self._must_be(known, act, link, lambda each: not each.live, "one click")
        self.world.count("one-clicks")

    async def press_in_a_mail(self) -> None:
        """A button of the page behind the link that stops mails."""
        if (found := self._a_mail(lambda mail: mail["List-Unsubscribe-Post"])) is None:
            return
        known, mail = found
        link = _ONE_CLICK.search(str(mail["List-Unsubscribe"]))[1]
        action = self.rng.choice(("stop", "daily", "weekly", "month", "resume", "all"))
        wanted = {
            "stop": lambda each: not each.live,
            "all": lambda each: not each.live,
            "daily": lambda each: each.every == "daily",
            "weekly": lambda each: each.every == "weekly",
            "month": lambda each: each.state in ("paused", "pending"),
            "resume": lambda each: each.state in ("active", "pending"),
        }
        async with self.ledger.held(known) as act:
            await self.ask("GET", link)
            answer = await self.ask("POST", link, data={"action": action})
            await act.done()
            self._must_be(known, act, link, wanted[action], f"button {action}")
            undo = _UNDO.search(answer.text)
        self.world.count("presses")
        if undo is not None and self.rng.random() < 0.5 and not known.busy:
            async with self.ledger.held(known) as act:
                stopped = len(known.follows)
                await self.ask("POST", undo[1])
                await act.done()
                self._must(known, len(known.follows) > stopped, "undo", action)
            self.world.count("undos")

    async def ask_for_choices(self) -> None:
        if (known := self.ledger.pick(self.rng, lambda known: bool(known.follows))) is None:
            return
        async with self.ledger.held(known) as act:
            await self.ask("POST", "/preferences", data={"email": known.email})
            await act.done()

    async def choose(self) -> None:
        """One press on the page of somebody's choices."""

        def may(known: Known) -> bool:
            return bool(known.follows) and bool(self._links(known, _CHOICES))

        if (known := self.ledger.pick(self.rng, may)) is None:
            return
        link = self._links(known, _CHOICES)[-1]
        each = self.rng.choice(known.follows)
        name, form, wanted = self._a_choice(each)
        async with self.ledger.held(known) as act:
            await self.ask("GET", link)
            await self.ask("POST", link, data=form, expect=(303,))
            await act.done()
            now = None if known.row is None else known.row.follows.get(each.id)
            self._must(known, now is not None and wanted(known.row, now), f"choice {name}", form)
        self.world.count("choices")

    def _a_choice(self, each):
        every, hour = self.rng.choice(("immediate", "immediate", "daily", "weekly")), self.rng.randrange(24)
        zone = self.rng.choice(("Europe/Copenhagen", "Asia/Kathmandu", "America/New_York", "UTC"))
        language = self.rng.choice(("en", "da", "de"))
        sorts = ["opens_or_stops", "results", "who_can_join", "places", "dates", "everything_else"]
        change = {"action": "choice", "id": each.id, "every": every, "lightest": "notable", "sort": sorts}
        written = {
            "language": language,
            "time_zone": zone,
            "hour": hour,
            "weekday": 0,
            "still_watching": "yes",
        }
        topic = self.rng.choice(STUDIES)
        return self.rng.choice(
            (
                ("often", change, lambda _row, now: now.every == every),
                ("pause", {"action": "pause", "id": each.id, "length": "month"}, _paused(each)),
                ("resume", {"action": "resume", "id": each.id}, lambda _row, now: now.state != "paused"),
                ("stop", {"action": "stop", "id": each.id}, lambda _row, now: not now.live),
                (
                    "person",
                    {"action": "person", **written},
                    lambda row, _now: (row.language, row.time_zone, row.hour) == (language, zone, hour),
                ),
                (
                    "follow",
                    {"action": "follow", "study": topic, "consent": "yes"},
                    lambda row, _now: row.of(topic) is not None,
                ),
            )
        )

    async def look_around(self) -> None:
        await self.ask("GET", self.rng.choice(PAGES))

    # --- mails --------------------------------------------------------------------------------------------------

    def _links(self, known: Known, pattern: re.Pattern[str]) -> list[str]:
        return [link for copy in self.world.relay.arrived(known.email) for link in pattern.findall(copy.text)]

    def _a_mail(self, wanted) -> tuple[Known, EmailMessage] | None:
        def has(known: Known) -> bool:
            return any(wanted(copy.mail) for copy in self.world.relay.arrived(known.email))

        # Whoever still follows something, as a rule: a second press on an old link is a rarity.
        live = self.rng.random() < 0.9
        if (
            known := self.ledger.pick(self.rng, lambda each: (each.follows or not live) and has(each))
        ) is None:
            return None
        copies = [copy for copy in self.world.relay.arrived(known.email) if wanted(copy.mail)]
        copy = self.rng.choice(copies[-3:])
        return known, copy.mail

    # --- what must be so ----------------------------------------------------------------------------------------

    def _must(self, known: Known, so: bool, act: str, what: object) -> None:
        if not so and known.email not in self.world.relay.refused:
            self.world.fault("acknowledged, and not done", f"{act} of {known.email} ({what}): {known.row}")

    def _must_be(self, known: Known, act: Act, link: str, wanted, name: str) -> None:
        """All that the link is about and that was followed has to be so now."""
        before = act.before[known.email]
        live = set() if before is None else {each.id for each in before.live} & _ids_in(link)
        now = [None if known.row is None else known.row.follows.get(id_) for id_ in sorted(live)]
        self._must(known, all(each is not None and wanted(each) for each in now), name, sorted(live))


def _ids_in(link: str) -> set[int]:
    """What a link of ours is about: it is signed, not secret."""
    token = link.rstrip("/").rpartition("/")[2].partition(".")[0]
    return set(json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))[2])


def _paused(each):
    return lambda _row, now: now.state == ("paused" if each.state == "active" else each.state)


def _fields(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def _short(path: str) -> str:
    return path if len(path) < 60 else f"{path[:57]}..."
