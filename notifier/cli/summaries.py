"""`notifier summaries …`: the plain-language reads that people or a model wrote, in place of those that rules make."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from notifier.cli import running
from notifier.errors import InputError, SettingsError

if TYPE_CHECKING:
    from notifier.services.summary_writer import WritingReport
    from notifier.settings import Settings

commands = typer.Typer(help="The plain-language reads that people or a model wrote.", no_args_is_help=True)

LARGEST_FILE = 50_000_000  # bytes
ORIGIN = ("source", "written_by", "written_at", "older", "label")  # of a summary
HEADINGS = {
    "question": "The question",
    "summary": "What is done",
    "quote": "In the study team's words",
    "words": "Words explained",
    "measures": "What is mainly measured",
    "could_lead_to": "What this could lead to",
    "could_go_wrong": "What could go wrong",
}


@commands.command("import")
def import_(
    file: Annotated[str, Argument(metavar="FILE | -", help="A CSV or JSON file; - for standard input.")],
    commit: Annotated[bool, Option("--commit", help="Store them; else it is a dry run.")] = False,
    reason: running.Why = None,
    as_json: running.AsJson = False,
) -> None:
    """Read summaries that people wrote, say what is wrong with which row, and store them with --commit: all or none.

    The first line of a CSV file names its columns; a JSON file is a list of objects with the same names: nct_id, title
    and question (may be left out), summary, could_lead_to, could_go_wrong, and source, which is who wrote it, as the page says it.
    Texts are plain; an empty line parts paragraphs. A study that has such a read gets the new one; where no word
    changed it keeps its date.

    Example: notifier summaries import summaries.csv --commit
    """
    from notifier.domain.summaries.importing import read_rows
    from notifier.storage import audit
    from notifier.storage.studies import summaries

    data, ending = _contents(file), Path(file).suffix.lower()
    # By its name; else by its first sign, for no CSV file of ours begins with a bracket.
    has_bracket = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"[", b"{"}
    rows = read_rows(data, as_json=ending == ".json" or (ending != ".csv" and has_bracket))
    wrong = sum(row.fault is not None for row in rows)
    plain: dict[str, Any] = {
        "rows": [running.columns(row, "line", "nct_id", "fault", "notes") for row in rows],
        "stored": commit and not wrong,
    }
    lines = [
        f"line {row.line}{f' ({row.nct_id})' if row.nct_id else ''}: {row.fault or '; '.join(['good', *row.notes])}"
        for row in rows
    ]
    if plain["stored"]:
        written = [row.written for row in rows if row.written is not None]
        with running.acts(None) as (_, session, by):
            stored = summaries.keep_imported(session, written, by.now)
            done = f"{stored.added} new, {stored.changed} changed"
            audit.note(session, running.acting(by.now, _done(done, reason)), "summaries import", people=0)
        lines.append(f"Stored: {done}, {stored.unchanged} unchanged.")
        plain |= running.columns(stored, "added", "changed", "unchanged")
    elif not wrong:
        lines.append(f"All {len(rows)} rows are good. Nothing was stored: say --commit to store them.")
    running.answer(plain, lines, as_json=as_json)
    if wrong:
        raise InputError(f"{wrong} of {len(rows)} rows are wrong, so nothing was stored")


def _done(what: str, reason: str | None) -> str:
    """For the audit trail: it concerns nobody's data, so the trail says in words what was done."""
    return f"{what}: {reason}" if reason else what


def _contents(file: str) -> bytes:
    try:
        if file == "-":
            data = sys.stdin.buffer.read(LARGEST_FILE + 1)
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(LARGEST_FILE + 1)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from None
    if len(data) > LARGEST_FILE:
        raise InputError(f"{file} is larger than {LARGEST_FILE // 1_000_000} MB: split it")
    return data


@commands.command("list")
def list_(as_json: running.AsJson = False) -> None:
    """Every summary that people or a model wrote, and whether the record changed since.

    Example: notifier summaries list
    """
    from notifier.storage.studies import summaries

    with running.looking() as (_, session):
        found = summaries.listed(session)
    plain = [{"nct_id": one.nct_id} | running.columns(one.read, "title", *ORIGIN) for one in found]
    lines = []
    for one in found:
        written = f"{one.read.written_at:%Y-%m-%d}, {one.read.written_by}" if one.read.written_at else "-"
        older = ", older than the record" if one.read.older else ""
        lines.append(f"{one.nct_id}  {one.source.value}  {written}{older}: {one.read.title}")
    none = ["None: every study's summary is made by rules."]
    running.answer({"summaries": plain}, lines or none, as_json=as_json)


@commands.command()
def show(
    nct_id: Annotated[
        str | None, Argument(metavar="[NCT…]", help="The study's NCT number; not with --file.")
    ] = None,
    file: Annotated[
        str | None, Option(help="A record as JSON, read without a database; - for standard input.")
    ] = None,
    as_json: running.AsJson = False,
) -> None:
    """The summary of a study as its page shows it, and what wrote it; with --file, what rules make of a record.

    Example: notifier summaries show NCT01234567
    """
    from notifier import app
    from notifier.domain.study import decode, parse_nct_id
    from notifier.domain.summaries import by_rules
    from notifier.storage.studies import history, snapshots, summaries

    if (nct_id is None) == (file is None):
        raise InputError("Name a study or a file, and not both: notifier summaries show NCT01234567")
    if file is not None:
        today = app.make_clock(running.begin()).now().date()
        study = decode(_record(_contents(file)))
        read, shown = by_rules(study, today), study.nct_id
    else:
        shown = parse_nct_id(nct_id or "")
        with running.looking() as (settings, session):
            waiting = summaries.listed(session, shown)
            if waiting and not snapshots.kept(session, [shown]):
                read = waiting[0].read
            else:
                row, today = history.row(session, shown), app.make_clock(settings).now().date()
                if row.snapshot_id is None:
                    raise InputError(f"{shown} has no stored record yet: its first look is still to come")
                read = summaries.read_of(
                    session, snapshots.study(session, row.snapshot_id), row.digest, today
                )
    if as_json:
        typer.echo(running.in_json({"nct_id": shown} | read.parts() | running.columns(read, *ORIGIN)))
        return
    parts = read.parts()
    typer.echo(f"{parts['title']}\n{shown}\n{parts['status_line']}\n")
    for name, heading in HEADINGS.items():
        said = parts[name] if isinstance(parts[name], list) else [parts[name]]
        if any(said):
            typer.echo(heading)
        for each in filter(None, said):
            typer.echo(f"  {each['term']}: {each['means']}" if isinstance(each, dict) else f"  {each}")
    typer.echo(f"\n{read.label}")


def _record(data: bytes) -> bytes:
    """The one record of a file: by itself, or the only one of an answer of the registry."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return data
    if isinstance(value, dict) and isinstance(value.get("studies"), list) and len(value["studies"]) == 1:
        return json.dumps(value["studies"][0]).encode()
    return data


@commands.command()
def drop(
    nct_id: running.Nct,
    source: Annotated[
        running.WrittenBy | None, Option(help="Only this one; else all that the study has.")
    ] = None,
    yes: running.Yes = False,
    reason: running.Why = None,
) -> None:
    """Delete what people or a model wrote of a study, after asking; its page shows what is left, at last what the rules make.

    Example: notifier summaries drop NCT01234567 --source imported
    """
    from notifier.domain.study import parse_nct_id
    from notifier.storage import audit
    from notifier.storage.models import ReadSource
    from notifier.storage.studies import summaries

    study = parse_nct_id(nct_id)
    which = None if source is None else ReadSource(source.value)
    with running.deciding(_done(study, reason)) as (_, database, by):
        with database.reading() as session:
            found = summaries.count(session, study, which)
        if not found:
            raise InputError(f"{study} has no such summary: see `notifier summaries list`")
        if not yes:
            running.agree(f"{found} of {study} {'is' if found == 1 else 'are'} deleted for good. Go on?")
        with database.transaction() as session:
            gone = summaries.drop(session, study, which)
            audit.note(session, by, "summaries drop", people=0)
    typer.echo(f"Dropped {gone} of {study}.")


@commands.command()
def write(
    nct_ids: Annotated[
        list[str] | None,
        Argument(metavar="[NCT…]", help="Stored studies; else those that need it, followed ones first."),
    ] = None,
    all_: Annotated[
        bool, Option("--all", help="All stored studies that need it, until the day's budget is used up.")
    ] = False,
    as_json: running.AsJson = False,
) -> None:
    """Ask the language model, now, for summaries that are missing or older than their record.

    What does not stand in the record, promises or is hard to read is not used; then the rules' summary stands.

    Example: notifier summaries write NCT01234567
    """
    import asyncio

    from notifier.domain.study import parse_nct_id

    wanted = list(dict.fromkeys(map(parse_nct_id, nct_ids))) if nct_ids else None
    report = asyncio.run(_write(running.begin(), wanted, all_=all_))
    counts = report.counts()
    running.answer(counts, [", ".join(f"{count} {name}" for name, count in counts.items())], as_json=as_json)
    if report.fault is not None:
        raise report.fault


async def _write(settings: "Settings", nct_ids: list[str] | None, *, all_: bool) -> "WritingReport":
    from notifier import app
    from notifier.services import summary_writer

    clock = app.make_clock(settings)
    with app.open_database(settings) as database:
        async with app.open_model(settings, database, clock) as model:
            if model is None:
                raise SettingsError(
                    "No language model is set, so the rules write all summaries: set NOTIFIER_MODEL_URL and "
                    "NOTIFIER_MODEL_NAME to use one"
                )
            everything = all_ and nct_ids is None
            return await summary_writer.write(database, model, clock, nct_ids, everything=everything)
