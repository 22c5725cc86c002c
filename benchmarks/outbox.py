"""Individual mails from the outbox to a fast mail server on this machine, every verdict committed.

Ours is `notifier deliver`: it claims, composes, words, encodes, hands over, marks each mail before its final dot and
commits each verdict. Beside it what sends one prebuilt message again and again and keeps nothing: a plain pipelined client,
which is the limit of one process, and a bare loop of aiosmtplib; and other programs that queue and word individual mails
of the same size, from putting them into the queue until the last was sent. Rates are compared.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks import sending
from benchmarks.apart import Taken, apart, here
from benchmarks.filled import PostgresqlDatabase, SqliteFile
from benchmarks.measure import Ground, Row, Scale, at_least, at_most, in_turn, left_out, percent, times
from benchmarks.peers import nodemailer, pipelined, post_office
from benchmarks.peers.likeness import likeness
from benchmarks.sink import sink
from benchmarks.store import fill, opened

LATE = 0.02  # seconds that each reply of the slow server takes
LINES, MANY_LINES = 10, 50


@dataclass(frozen=True, slots=True)
class Size:
    """mails: that we, the loops and other programs send; late: to the slow server; shared: where readers a study vary."""

    mails: int
    late: int
    shared: int
    rounds: int


SIZES = {
    Scale.FULL: Size(20_000, 5_000, 2_000, 3),
    Scale.QUICK: Size(3_000, 2_000, 1_000, 3),
    Scale.SMALLEST: Size(4, 4, 4, 1),
}
TOPICS = 2  # studies that each reader follows
READERS = 10  # of a study, for what is said of one is made once for many


@dataclass(frozen=True, slots=True)
class Speed:
    """What one run came to, in mails and seconds."""

    mails: int
    sending: float
    assembling: float  # before that: putting the mails into the queue
    cpu: dict[str, float] | None = None  # of both, where it is ours

    @property
    def rate(self) -> float:
        return self.mails / self.sending

    @property
    def in_words(self) -> str:
        """The rate, and what hardly depends on what else the machine does."""
        spent = (self.cpu or {}).get("sending", 0.0)
        return f"{self.rate:,.0f} a second ({1000 * spent / self.mails:.2f} ms of CPU each)"

    @property
    def whole_rate(self) -> float:
        return self.mails / (self.sending + self.assembling)


Speeds = dict[str, list[Speed]]


def rows(ground: Ground) -> Iterator[Row]:
    """A line a thing that stands beside us."""
    size = SIZES[ground.scale]
    run = here if ground.scale is Scale.SMALLEST else apart
    work = _Work(ground.folder / "outbox", size, run)
    with sink() as (port, _):
        yield from _beside_the_loops(size, in_turn(size.rounds, work.sides(work.sqlite(size.mails), port)))
        yield from _by_readers(size, work, port)
        if ground.postgresql is None:
            yield left_out(f"{size.mails:,} mails from PostgreSQL", "PostgreSQL is not installed", "≥ 50 %")
        else:
            sides = work.sides(work.postgresql(ground.postgresql, size.mails), port, signed=False)
            took = in_turn(size.rounds, sides)
            yield _line(f"{size.mails:,} mails from PostgreSQL, {LINES} connections", took, "ours", 0.5)
        yield from _beside_others(ground, work, port)
    with sink(LATE) as (port, _):
        filled = work.sqlite(size.late)
        took = in_turn(size.rounds, work.sides(filled, port, lines=MANY_LINES, signed=False))
        what = f"{size.late:,} mails, {1000 * LATE:.0f} ms a reply, {MANY_LINES} connections"
        yield _line(what, took, "ours", 1.3)


def _beside_the_loops(size: Size, took: Speeds) -> Iterator[Row]:
    what = f"{size.mails:,} mails from the outbox, {LINES} connections, {READERS} readers a study"
    yield _line(what, took, "ours", 0.15, beside="plain")
    yield _line(what, took, "ours", 0.65)
    yield _line(f"{what}, each signed (DKIM, RSA-2048)", took, "signed", 0.35)
    ours = _median(took["ours"])
    spent = 1000 * (ours.cpu or {}).get("sending", 0.0) / ours.mails
    yield Row(f"{what}: CPU a mail", f"{spent:.2f} ms", reach=at_most(spent, 1.0, " ms"))


def _by_readers(size: Size, work: "_Work", port: int) -> Iterator[Row]:
    """What is made once for all readers of a study costs the more the fewer they are."""
    filled = {readers: work.sqlite(size.shared, readers) for readers in (1, 10, 100)}
    took = in_turn(size.rounds, {str(n): partial(work.ours, each, port) for n, each in filled.items()})
    for readers in filled:
        what = f"{size.shared:,} mails from the outbox, readers a study: {readers}"
        yield Row(what, _median(took[str(readers)]).in_words)


_BESIDE = {"bare": "bare aiosmtplib.sendmail(bytes)", "plain": "a plain pipelined client of prebuilt bytes"}


def _line(what: str, took: Speeds, side: str, limit: float, *, beside: str = "bare") -> Row:
    ours, loop = (_median(took[each]) for each in (side, beside))
    ratio = ours.rate / loop.rate
    words = f"{_BESIDE[beside]}: {loop.in_words}"
    return Row(what, ours.in_words, words, percent(ratio), at_least(100 * ratio, 100 * limit, " %"))


def _median(speeds: list[Speed]) -> Speed:
    return sorted(speeds, key=lambda speed: speed.rate)[len(speeds) // 2]


def _beside_others(ground: Ground, work: "_Work", port: int) -> Iterator[Row]:
    filled, size = work.sqlite(work.size.mails), work.size
    others = {name: (limit, side) for name, limit, side in _others(ground, work, port)}
    here = {name: side for name, (_, side) in others.items() if side is not None}
    took = in_turn(size.rounds, {"ours": lambda: work.ours(filled, port), **here}) if here else {}
    what = f"{size.mails:,} mails queued, worded and sent, end to end"
    for name, (limit, _) in others.items():
        if name not in here:
            yield left_out(what, f"{name} is not installed", f"≥ {limit:g}×")
            continue
        ours, theirs = (median(speed.whole_rate for speed in took[each]) for each in ("ours", name))
        yield Row(
            what,
            f"{ours:,.0f} a second",
            f"{name}: {theirs:,.0f} a second ({_LEFT_OUT})",
            f"{times(ours / theirs)} faster",
            at_least(ours / theirs, limit),
        )


_LEFT_OUT = (
    "without a mark before the dot, one Message-ID a mail for good, and a look at who has left meanwhile"
)


def _others(
    ground: Ground, work: "_Work", port: int
) -> Iterator[tuple[str, float, Callable[[], Speed] | None]]:
    """Name, what to reach, and how to run it; None where it is not installed."""
    django = partial(work.django, port) if find_spec("post_office") else None
    node = partial(work.node, port) if ground.nodemailer else None
    yield "django-post_office as it comes", 4, django and partial(django, post_office.AS_IT_COMES)
    yield "django-post_office tuned, two processes", 2.6, django and partial(django, post_office.TUNED)
    yield "nodemailer, pool and queue", 1.7, node and partial(node, ground.nodemailer)


class _Work:
    """Filled databases, and what is run on them; every run in a process of its own, in a folder of its own."""

    def __init__(self, folder: Path, size: Size, run: Callable[..., Taken]) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.size, self._run, self._numbers = folder, size, run, count(1)
        self.example, self.like = self._example()
        self.key = _key(folder)

    def sqlite(self, mails: int, readers: int = READERS) -> SqliteFile:
        path = self.folder / f"filled{mails}-{readers}.db"
        if not path.exists():
            self._fill(f"sqlite:///{path}", mails, readers)
        return SqliteFile(path)

    def postgresql(self, url: str, mails: int) -> PostgresqlDatabase:
        self._fill(url, mails)
        return PostgresqlDatabase(url)

    def _fill(self, url: str, mails: int, readers: int = READERS) -> None:
        database = opened(url)
        fill(database, mails=mails, studies=max(TOPICS, mails * TOPICS // readers), topics=TOPICS)
        database.close()

    def _example(self) -> tuple[Path, Path]:
        """One of the mails that are sent, as bytes, and as a template of others."""
        from benchmarks.mail import some_letters

        mail = sending.renderer().render(some_letters(self.folder, 1, TOPICS)[0])
        path = self.folder / "example.eml"
        path.write_bytes(mail.content)
        return path, likeness(mail.html, mail.text).write(self.folder / "like.json")

    def sides(
        self, filled: SqliteFile | PostgresqlDatabase, port: int, *, lines: int = LINES, signed: bool = True
    ) -> dict[str, Callable[[], Speed]]:
        mails = self.size.mails if lines == LINES else self.size.late
        loop = (str(self.example), mails, port, lines)
        sides: dict[str, Callable[[], Speed]] = {
            "ours": lambda: self.ours(filled, port, lines),
            "bare": lambda: Speed(**self._run(sending.bare, *loop).gave),
            "plain": lambda: Speed(**self._run(pipelined.send, *loop).gave),
        }
        return sides | ({"signed": lambda: self.ours(filled, port, lines, self.key)} if signed else {})

    def ours(
        self, filled: SqliteFile | PostgresqlDatabase, port: int, lines: int = LINES, key: str | None = None
    ) -> Speed:
        with self._place() as folder, filled.fresh(folder) as url:
            return Speed(**self._run(sending.ours, str(folder), url, port, lines, key).gave)

    def django(self, port: int, how: tuple[int, int | None, int | None]) -> Speed:
        with self._place() as folder:
            given = (str(self.like), str(folder), port, self.size.mails)
            return Speed(**apart(post_office.send, *given, *how).gave)

    def node(self, port: int, installed: Path) -> Speed:
        with self._place() as folder:
            return Speed(**nodemailer.send(installed, self.like, folder, port, self.size.mails, LINES))

    @contextmanager
    def _place(self) -> Iterator[Path]:
        folder = self.folder / f"run{next(self._numbers)}"
        folder.mkdir()
        yield folder
        shutil.rmtree(folder)


def _key(folder: Path) -> str:
    """A key of RSA-2048 as the setting names it: selector and file."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    made = generate_private_key(public_exponent=65537, key_size=2048)
    path = folder / "dkim.pem"
    path.touch(mode=0o600)
    path.write_bytes(
        made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return f"benchmark:{path}"
