"""The demo: the real program against a registry of our own, its mails in files, told in the terminal as it happens.

Everything is on loopback and in one new folder; nothing of the machine's own settings is read.
"""

import asyncio
import email
import re
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import httpx
from rich.console import Console
from rich.rule import Rule
from rich.text import Text
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from notifier import app
from notifier.clock import FixedClock
from notifier.demo import day
from notifier.demo.registry import RehearsalRegistry
from notifier.demo.registry import serving as serving_anything
from notifier.mail.render.renderer import Renderer
from notifier.mail.smtp import Transport
from notifier.services.deliver import Sending, deliver
from notifier.services.watch import watch
from notifier.settings import Settings
from notifier.sources.clinicaltrials_gov import Registry, safe_condition
from notifier.storage import subscribers
from notifier.storage.engine import Database
from notifier.storage.models import Every
from notifier.storage.studies import study_page
from notifier.web.app import listen, serving

ANNA, BEN, CARLA = "anna@example.org", "ben@example.org", "carla@example.org"
MONDAY = datetime(2027, 1, 11, 15, tzinfo=UTC)
TUESDAY = datetime(2027, 1, 12, 15, tzinfo=UTC)
WEDNESDAY = datetime(2027, 1, 13, 15, tzinfo=UTC)
NEXT_MONDAY = datetime(2027, 1, 18, 9, tzinfo=UTC)


@dataclass(slots=True)
class RehearsalParts:
    console: Console
    folder: Path
    settings: Settings
    clock: FixedClock
    rehearsal: RehearsalRegistry
    database: Database
    registry: Registry
    transport: Transport
    renderer: Renderer
    sending: Sending
    mails: list[EmailMessage] = field(default_factory=list)  # that were shown

    def say(self, sentence: str) -> None:
        self.console.print(sentence, markup=False, soft_wrap=True)


async def run_story(*, stay: bool) -> None:
    """Tell the story; `stay`: then serve the pages and the mails until Ctrl-C."""
    console = Console(highlight=False)
    folder = Path(tempfile.mkdtemp(prefix="notifier-demo-"))
    async with _stage(console, folder) as stage:
        _chapter(stage, "Monday 11 January 2027: three people ask", MONDAY)
        await _add(stage, ANNA, subscribers.Wanted(nct_id=day.BLOOD_TEST), Every.IMMEDIATE)
        condition = subscribers.Wanted(
            condition=day.CONDITION, query=safe_condition(day.CONDITION).casefold()
        )
        await _add(stage, BEN, condition, Every.IMMEDIATE)
        await _add(stage, CARLA, subscribers.Wanted(nct_id=day.FOCUSED_RADIOTHERAPY), Every.WEEKLY)
        await _watch(stage)
        stage.say("The first look is the baseline: it is stored, and nobody is mailed.")
        await _deliver(stage)
        _chapter(stage, "Tuesday 12 January: the registry publishes", TUESDAY)
        stage.rehearsal.publish(day.next_day(), day.NEXT_DAY)
        stage.say(
            "A study begins to look for people, one gets a place, a new one appears under the condition,"
        )
        stage.say("and one record was only checked again, which is no news.")
        await _watch(stage)
        await _deliver(stage)
        stage.say("Carla asked for one mail a week, so she hears nothing yet.")
        await _unsubscribe(stage, [mail for mail in stage.mails if mail["To"] == ANNA][-1])
        _chapter(stage, "Wednesday 13 January: the registry publishes again", WEDNESDAY)
        stage.rehearsal.publish(day.day_after(), day.DAY_AFTER)
        stage.say(
            "The study that Anna followed changes again, and another new one appears under Ben's condition."
        )
        await _watch(stage)
        await _deliver(stage)
        stage.say("Anna has left: she gets nothing.")
        _chapter(stage, "Monday 18 January: a week of changes in one mail", NEXT_MONDAY)
        await _deliver(stage)
        mails = folder / "mails"
        console.print(Rule("The end"))
        console.print(
            f"Every mail as it went out (.eml), and its HTML part (.html), is in {mails}", soft_wrap=True
        )
        if not stay:
            return
        with stage.database.transaction() as session:
            for record in day.day_after():
                nct_id = record["protocolSection"]["identificationModule"]["nctId"]
                study_page.publish(session, nct_id, stage.clock.now())  # as `notifier studies publish` does
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        async with serving_anything(_shelf(mails)) as url:
            console.print(
                f"The mails: {url}   The pages: {stage.settings.public_url}/studies/{day.BLOOD_TEST}   Ctrl-C ends it.",
                soft_wrap=True,
            )
            await stopping.wait()


@asynccontextmanager
async def _stage(console: Console, folder: Path) -> AsyncIterator[RehearsalParts]:
    rehearsal = RehearsalRegistry(day.baseline(), day.BASELINE)
    clock = FixedClock(MONDAY)
    async with AsyncExitStack() as stack:
        registry_url = await stack.enter_async_context(serving_anything(rehearsal.app))
        pages = stack.enter_context(listen(("127.0.0.1", 0)))
        assert pages is not None
        host, port = pages.getsockname()
        settings = Settings(
            database_url=f"sqlite:///{folder}/notifier.db",
            registry_url=f"{registry_url}/api/v2",
            registry_requests_per_second=100,
            mail_dir=folder / "sent",
            mail_from="Trial updates <updates@example.org>",
            organisation="Example Patients' Association",
            postal_address="1 Example Street, 8000 Aarhus C, Denmark",
            public_url=f"http://{host}:{port}",
            log_level="error",
        )
        app.start_logging(settings)
        database = stack.enter_context(app.open_database(settings))
        keys = app.open_keys(settings, folder)
        registry = await stack.enter_async_context(app.open_registry(settings))
        served = app.make_pages(settings, database, keys, clock, registry)
        await stack.enter_async_context(serving(served, pages))
        yield RehearsalParts(
            console=console,
            folder=folder,
            settings=settings,
            clock=clock,
            rehearsal=rehearsal,
            database=database,
            registry=registry,
            transport=await stack.enter_async_context(app.open_transport(settings)),
            renderer=app.make_renderer(settings, keys),
            sending=app.make_sending(settings, keys),
        )


def _chapter(stage: RehearsalParts, title: str, now: datetime) -> None:
    stage.clock.move_to(now)
    stage.console.print()
    stage.console.print(Rule(title))


async def _add(stage: RehearsalParts, email: str, wanted: subscribers.Wanted, every: Every) -> None:
    """What `notifier subscribers add` does, after it has checked the words."""
    await stage.database.write(
        lambda session: subscribers.add(
            session,
            subscribers.Person(subscribers.address(email), time_zone="Europe/Copenhagen"),
            [wanted],
            choice=subscribers.Choice(every),
            consent=subscribers.Consent("command", "the demo", "agreed in the demo"),
            now=stage.clock.now(),
            domain=stage.sending.domain,
        )
    )
    option = f"--study {wanted.nct_id}" if wanted.nct_id else f'--condition "{wanted.condition}"'
    stage.say(f"$ notifier subscribers add {email} {option} --every {every.value} --consent …")


async def _watch(stage: RehearsalParts) -> None:
    report = await watch(stage.database, stage.registry, stage.clock, stage.settings)
    stage.say("$ notifier watch")
    stage.say(
        f"  {report.outcome.value}: {report.requests} requests, {report.baselines} first sights, "
        f"{report.studies_changed} studies changed, {report.studies_new} new, {report.notices} notices"
    )


async def _deliver(stage: RehearsalParts) -> None:
    report = await deliver(stage.database, stage.transport, stage.renderer, stage.clock, stage.sending)
    stage.say("$ notifier deliver")
    stage.say(f"  {report.sent} sent, {report.left} left")
    folder = stage.folder / "mails"
    folder.mkdir(exist_ok=True)
    # What was shown before is here no more, so no clock is asked which are new.
    sent = sorted(stage.settings.mail_dir.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    for number, path in enumerate(sent, start=len(stage.mails) + 1):
        mail = email.message_from_bytes(path.read_bytes(), policy=default)
        stage.mails.append(mail)
        file = folder / f"{number:02d}-{mail['To'].partition('@')[0]}.html"
        path.rename(file.with_suffix(".eml"))
        file.write_text(_part(mail, "html"), encoding="utf-8")
        # No frame around it: a mail's lines are as wide as a small terminal, and its links are to be clicked.
        stage.console.print(
            Rule(Text(f"Mail {number} to {mail['To']}: {mail['Subject']}"), style="dim", align="left")
        )
        stage.say(_part(mail, "plain").rstrip())
        stage.console.print(Rule(style="dim"))
        stage.say(f"Its HTML part: {file}")


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


async def _unsubscribe(stage: RehearsalParts, mail: EmailMessage) -> None:
    """What a mail program does with List-Unsubscribe, after opening the link has been shown to change nothing."""
    found = re.search(r"<(https?://[^>]+)>", str(mail["List-Unsubscribe"]))
    assert found is not None
    async with httpx.AsyncClient(trust_env=False) as browser:
        looked = await browser.get(found[1])
        pressed = await browser.post(found[1], data={"List-Unsubscribe": "One-Click"})
    stage.say(
        f"Anna opens the link in her mail (GET: {looked.status_code}, nothing changes) and presses the button"
    )
    stage.say(f"(POST: {pressed.status_code}). From now on she gets nothing.")


def _shelf(mails: Path) -> Starlette:
    """A page that lists the mails, and shows them."""
    names = sorted(path.name for path in mails.glob("*.html"))
    items = "".join(f'<li><a href="/{name}">{name}</a></li>' for name in names)
    page = f'<!doctype html><html lang="en"><title>Mails</title><h1>Mails</h1><ul>{items}</ul></html>'

    async def index(_: object) -> Response:
        return HTMLResponse(page)

    return Starlette(routes=[Route("/", index), Mount("/", StaticFiles(directory=mails))])
