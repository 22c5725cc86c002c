"""`notifier preview`: letters go through the very renderer that sends, and into files that say that they are samples.

Their links are signed with a key that is thrown away: one of ours would open, or end, what a real person chose. For the
same reason no sample has a DKIM signature of ours.
"""

import re
import secrets
from collections.abc import Iterable, Iterator
from email import message_from_bytes, policy
from html import escape
from pathlib import Path

from notifier import app
from notifier.demo import samples
from notifier.domain.letter import Letter, Told
from notifier.domain.signed_links import TokenKeys
from notifier.domain.study import parse_nct_id
from notifier.errors import InputError
from notifier.mail.render.renderer import Renderer
from notifier.settings import Settings
from notifier.storage.studies import history, snapshots

SAMPLE = "This is a sample, made by `notifier preview`. It was mailed to nobody, and its links do not work."
_BODY = re.compile(r"<body[^>]*>")
_BANNER = f'<p style="margin:0;padding:8px;border:2px dashed #1f2933">{escape(SAMPLE)}</p>'


def write_previews(settings: Settings, nct_id: str | None, folder: Path, language: str) -> Iterator[Path]:
    """Write `.eml`, `.txt` and `.html` of each mail and yield the paths."""
    thrown_away = TokenKeys([secrets.token_urlsafe(48)])
    renderer = app.make_renderer(settings.model_copy(update={"dkim_keys": ()}), thrown_away)
    wanted = samples.letters(language) if nct_id is None else [_stored(settings, nct_id, language)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield from _written(renderer, wanted, folder)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written ({error.strerror}): choose another with --folder"
        ) from error


def _written(renderer: Renderer, wanted: Iterable[tuple[str, Letter]], folder: Path) -> Iterator[Path]:
    for name, letter in wanted:
        rendered = renderer.render(letter)
        html = _BODY.sub(lambda body: f"{body[0]}\n{_BANNER}", rendered.html, count=1)
        text = f"{SAMPLE}\n\n{rendered.text}"
        for ending, content in (
            ("eml", _marked(rendered.content, text, html)),
            ("txt", text.encode()),
            ("html", html.encode()),
        ):
            path = folder / f"{name}.{ending}"
            _keep_others(path)
            path.write_bytes(content)
            yield path


def _marked(content: bytes, text: str, html: str) -> bytes:
    """The mail with parts, and a subject, that say that it is a sample."""
    mail = message_from_bytes(
        content, policy=policy.SMTP.clone(refold_source="none")
    )  # headers stay as they are sent
    mail.replace_header("Subject", f"[Sample] {mail['Subject']}")
    for kind, said in (("plain", text), ("html", html)):
        part = mail.get_body((kind,))
        if part is not None:
            part.set_content(said, subtype=kind, charset="utf-8", cte="quoted-printable")
    return mail.as_bytes()


def _keep_others(path: Path) -> None:
    """Only an earlier sample is overwritten. Raises InputError for any other file."""
    if path.exists() and b"This is a sample" not in path.read_bytes():
        raise InputError(
            f"{path} is there already and is no sample of ours: choose another folder with --folder"
        )


def _stored(settings: Settings, nct_id: str, language: str) -> tuple[str, Letter]:
    study = parse_nct_id(nct_id)
    now = app.make_clock(settings).now()
    with app.open_database(settings) as database, database.reading() as session:
        row = history.row(session, study)
        found = history.stored_changes(session, study, history.versions(session, study))
        if not found or row.snapshot_id is None:
            raise InputError(f"No change of {study} is stored yet, so there is no mail to show")
        newest = [each for each in found if each.detected_at == found[-1].detected_at]
        record = snapshots.record(session, row.snapshot_id)
    told = tuple(Told(each.change, each.detected_at, each.condition, posted=each.posted) for each in newest)
    return study, samples.stored(record, told, row.first_seen, language, now)
