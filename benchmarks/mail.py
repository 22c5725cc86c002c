"""One mail of about 20 kB is built, text, HTML and bytes: what a letter costs when thousands go out.

Ours are letters of people who follow different studies, as the store gave them; what many of them share is made once.
Beside it what a program of this sort does: templates of the same size filled in by Jinja2, and an EmailMessage.
"""

from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from jinja2 import Environment

from benchmarks.measure import Ground, Row, Scale, at_least, cpu, times
from benchmarks.peers.likeness import Likeness, likeness, of_person
from notifier.domain.letter import Letter

#: Mails, and studies that they tell of.
SIZES = {Scale.FULL: (1000, 200), Scale.QUICK: (300, 60), Scale.SMALLEST: (3, 3)}
ROUNDS = {Scale.FULL: 7, Scale.QUICK: 3, Scale.SMALLEST: 1}


def rows(ground: Ground) -> Iterator[Row]:
    """The one line."""
    from benchmarks.sending import renderer

    letters = some_letters(ground.folder, *SIZES[ground.scale])
    render = renderer().render
    size = sum(len(render(letter).content) for letter in letters) / len(letters)
    example = render(letters[0])
    sides: dict[str, Callable[[], object]] = {
        "ours": lambda: [render(letter) for letter in letters],
        "theirs": _theirs(likeness(example.html, example.text), len(letters)),
    }
    took = {name: each / len(letters) for name, each in cpu(ROUNDS[ground.scale], sides).items()}
    ratio = took["theirs"] / took["ours"]
    yield Row(
        f"build one individually worded mail ({size / 1000:.0f} kB: text, HTML, bytes)",
        f"{1e3 * took['ours']:.2f} ms",
        f"Jinja2 + EmailMessage.as_bytes: {1e3 * took['theirs']:.2f} ms",
        f"{times(ratio)} faster",
        at_least(ratio, 8),
    )


def some_letters(folder: Path, count: int, studies: int) -> Sequence[Letter]:
    """Letters to so many people, each about two of the studies."""
    from benchmarks.store import DOMAIN, NOON, fill, opened
    from notifier.storage import letters
    from notifier.storage.outbox import assembly, claims

    database = opened(f"sqlite:///{folder / 'mail.db'}")
    fill(database, mails=count, studies=studies, topics=2)
    with database.transaction() as session:
        assembly.assemble(session, NOON, DOMAIN)
        ids = claims.claim(session, NOON, "a benchmark", count)
        rows = session.execute(claims.with_people(ids)).all()
        made = letters.compose_all(session, rows, NOON, letters.ChangeCache())
    database.close()
    return list(made.values())


def _theirs(like: Likeness, count: int) -> Callable[[], None]:
    environment = Environment(autoescape=True)
    html, text = environment.from_string(like.html), Environment(autoescape=False).from_string(like.text)  # noqa: S701 - it is plain text

    def build() -> None:
        for number in range(count):
            words = of_person(like.words, number)
            mail = EmailMessage(policy=SMTP)
            mail["From"], mail["To"] = "Trial updates <updates@example.org>", f"reader{number}@example.net"
            mail["Subject"], mail["Message-ID"] = f"Update {number}", f"<{number}@example.org>"
            mail.set_content(text.render(words=words))
            mail.add_alternative(html.render(words=words), subtype="html")
            mail.as_bytes()

    return build
