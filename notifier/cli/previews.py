"""`notifier preview`: letters go through the very renderer that sends, and into files."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from notifier import app
from notifier.demo import samples
from notifier.domain.letter import Letter, Told
from notifier.domain.study import parse_nct_id
from notifier.errors import InputError
from notifier.mail.render.renderer import Renderer
from notifier.settings import Settings
from notifier.storage.studies import history, snapshots


def write_previews(settings: Settings, nct_id: str | None, folder: Path, language: str) -> Iterator[Path]:
    """Write `.eml`, `.txt` and `.html` of each mail and yield the paths."""
    renderer = app.make_renderer(settings, app.open_keys(settings))
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
        for ending, content in (
            ("eml", rendered.content),
            ("txt", rendered.text.encode()),
            ("html", rendered.html.encode()),
        ):
            path = folder / f"{name}.{ending}"
            path.write_bytes(content)
            yield path


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
