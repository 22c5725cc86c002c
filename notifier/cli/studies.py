"""`notifier studies …`: what is stored of a study, what changed, and how a bad version is forgotten."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from notifier.cli.running import (
    AsCsv,
    AsJson,
    Limit,
    Nct,
    Why,
    Yes,
    acts,
    answer,
    columns,
    deciding,
    in_json,
    looking,
    spreadsheet,
    sure,
)
from notifier.errors import InputError

if TYPE_CHECKING:
    from notifier.domain.letter import Told
    from notifier.domain.study import Study
    from notifier.settings import Settings
    from notifier.storage.studies.history import StoredChange


commands = typer.Typer(help="What is stored of a study, and what changed.", no_args_is_help=True)

STUDY_COLUMNS = ("nct_id", "title", "status", "followers", "last_change", "registry")
OF_A_VERSION = ("number", "snapshot_id", "taken_at", "data_timestamp", "source")
OF_A_CHANGE = ("kind", "weight", "path", "before", "after")
CONDITION_COLUMNS = ("condition", "followers", "studies", "last_change", "registry")
conditions = typer.Typer(help="The conditions that people follow.", no_args_is_help=True)


@commands.command("list")
def list_(limit: Limit = None, as_csv: AsCsv = False, as_json: AsJson = False) -> None:
    """Every study that somebody follows: how many do, where it stands, and its last change. Names nobody.

    Example: notifier studies list --limit 20
    """
    from notifier.storage.studies import history

    plain, lines = [], []
    with looking() as (_, session):
        for each in history.followed_studies(session, limit):
            registry = "not there" if not each.there else "seen" if each.seen else "not looked at yet"
            status = each.status if each.status and each.there else registry
            lines.append(
                f"{each.nct_id}  {_people(each.followers)}, last change {_day(each.last_change)}, "
                f"{status}  {each.title or ''}"
            )
            plain.append(
                {
                    **columns(each, "nct_id", "title", "status", "followers"),
                    "last_change": _stamp(each.last_change),
                    "registry": registry,
                }
            )
    nobody = ["Nobody follows a study yet."]
    _say_list("studies", plain, STUDY_COLUMNS, lines or nobody, as_csv=as_csv, as_json=as_json)


@conditions.command("list")
def list_conditions(limit: Limit = None, as_csv: AsCsv = False, as_json: AsJson = False) -> None:
    """Every condition that somebody follows: how many do, the studies under it, and its last new one. Names nobody.

    A condition without any study is marked: it may be misspelt, or not what the registry calls it.

    Example: notifier conditions list
    """
    from notifier.storage.studies import history

    plain, lines = [], []
    with looking() as (_, session):
        for each in history.followed_conditions(session, limit):
            said = f"{each.studies} stud{'ies' if each.studies != 1 else 'y'}, last news {_day(each.last_change)}"
            if not each.seen:
                said = "not looked at yet"
            elif not each.studies:
                said = "NO STUDY AT ALL: is it spelt as the registry spells it?"
            lines.append(f"{each.text}  {_people(each.followers)}, {said}")
            plain.append(
                {
                    "condition": each.text,
                    "followers": each.followers,
                    "studies": each.studies,
                    "last_change": _stamp(each.last_change),
                    "registry": "seen" if each.seen else "not looked at yet",
                }
            )
    nobody = ["Nobody follows a condition yet."]
    _say_list("conditions", plain, CONDITION_COLUMNS, lines or nobody, as_csv=as_csv, as_json=as_json)


def _say_list(
    name: str,
    plain: list[dict[str, Any]],
    columns: Sequence[str],
    lines: list[str],
    *,
    as_csv: bool,
    as_json: bool,
) -> None:
    if as_csv and as_json:
        raise typer.BadParameter("--csv does not go with --json")
    if as_csv:
        spreadsheet(plain, columns)
    else:
        answer({name: plain}, lines, as_json=as_json)


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else "none yet"


def _people(number: int) -> str:
    return f"{number} follower{'s' if number != 1 else ''}"


@commands.command()
def show(nct_id: Nct, as_json: AsJson = False) -> None:
    """What is known of one study.

    Example: notifier studies show NCT01234567
    """
    from notifier.domain.study import parse_nct_id
    from notifier.domain.wording import speech
    from notifier.domain.wording.story import stands, why_stopped
    from notifier.mail.render.environment import as_text
    from notifier.storage.studies import history, study_page

    study = parse_nct_id(nct_id)
    with looking() as (_, session):
        row = history.row(session, study)
        facts = {
            "nct_id": row.nct_id,
            "title": row.brief_title,
            "status": row.overall_status,
            "first_posted": row.study_first_post_date,
            "last_updated": row.last_update_post_date,
            "first_seen": _stamp(row.first_seen),
            "last_read": _stamp(row.last_read_at),
            "watched_since": _stamp(row.watched_since),
            "merged_into": row.alias_of,
            "left_registry": _stamp(row.left_at),
            "versions": len(history.versions(session, study)),
            "followers": history.followers(session, study),
        }
        stored = study_page.decoded(session.connection(), [row.snapshot_id] if row.snapshot_id else [])
    said = {"status", "first_posted"} if stored else set()  # by the lines on how it stands
    lines = [
        f"{name.replace('_', ' ')}: {value}"
        for name, value in facts.items()
        if value is not None and name not in said
    ]
    words = speech("en")
    for each in stored.values():
        quotes, notes = why_stopped(words, each)
        lines += map(as_text, stands(words, each))
        lines += (f"{quote.lead} “{text}”" for quote in quotes for text in quote.words)
        lines += notes
    answer(facts, lines, as_json=as_json)


def _stamp(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


@commands.command("history")
def history_(nct_id: Nct, as_json: AsJson = False) -> None:
    """Every stored version of a study, and every change that was detected.

    Example: notifier studies history NCT01234567
    """
    from notifier.domain.study import parse_nct_id
    from notifier.storage.studies import history, study_page

    study = parse_nct_id(nct_id)
    with looking() as (settings, session):
        history.row(session, study)
        versions = history.versions(session, study)
        found = history.stored_changes(session, study, versions)
        stored = (
            {}
            if as_json
            else study_page.decoded(session.connection(), [each.snapshot_id for each in versions])
        )
    if as_json:
        told = [columns(c.change, *OF_A_CHANGE) | columns(c, "detected_at", "condition") for c in found]
        kept = [columns(each, *OF_A_VERSION) for each in versions]
        typer.echo(in_json({"nct_id": study, "versions": kept, "changes": told}))
        return
    records = {each.number: stored.get(each.snapshot_id) for each in versions}
    for version in versions:
        typer.echo(f"version {version.number}: data of {version.data_timestamp}, by {version.source}")
        _say(settings, records[version.number], found, version.number)
    if any(each.versions[1] not in records for each in found):
        typer.echo("of versions that are not stored any more, and of conditions:")
        _say(settings, next(filter(None, reversed(records.values())), None), found, None)


def _say(
    settings: "Settings", study: "Study | None", found: Sequence["StoredChange"], version: int | None
) -> None:
    """What led to this version, each day by itself, with how often a date had moved before."""
    from notifier.domain.letter import WITH_HISTORY, Told

    told: dict[datetime, list[Told]] = {}
    for number, each in enumerate(found):
        if each.versions[1] == version:
            kind = each.change.kind
            earlier = [before.change for before in found[:number] if before.change.kind is kind]
            one = Told(each.change, each.detected_at, each.condition, posted=each.posted)
            told.setdefault(each.detected_at, []).append(
                replace(one, earlier=tuple(earlier)) if kind in WITH_HISTORY else one
            )
    for day in told.values():
        for line in as_mailed(settings, study, day):
            typer.echo(line)


@commands.command()
def diff(
    nct_id: Nct,
    from_version: Annotated[int | None, Argument(metavar="FROM", help="A version's number.")] = None,
    to_version: Annotated[int | None, Argument(metavar="TO", help="A later version's number.")] = None,
    as_json: AsJson = False,
) -> None:
    """What differs between two stored versions by today's rules; the last two unless told otherwise.

    Example: notifier studies diff NCT01234567 1 3
    """
    from notifier import app
    from notifier.domain.changes import detect
    from notifier.domain.letter import Told
    from notifier.domain.study import decode, parse_nct_id
    from notifier.storage.studies import history

    study = parse_nct_id(nct_id)
    with looking() as (settings, session):
        history.row(session, study)
        known = history.versions(session, study)
        if len(known) < 2 and from_version is None:
            raise InputError(f"{study} has only one stored version, so there is nothing to compare")
        first = from_version if from_version is not None else len(known) - 1
        last = to_version if to_version is not None else len(known)
        before, after = (history.record_of(session, known, number) for number in (first, last))
    difference = detect(before, after)
    if as_json:
        found = [columns(change, *OF_A_CHANGE) for change in difference.changes]
        plain = {"nct_id": study, "from": first, "to": last, "changes": found, "noise": difference.noise}
        typer.echo(in_json(plain))
        return
    old, new = decode(before), decode(after)
    moved = new.last_update_post_date != old.last_update_post_date
    posted = new.last_update_post_date if moved else None
    taken_at = known[last - 1].taken_at or app.make_clock(settings).now()
    told = [Told(each, taken_at, posted=posted) for each in difference.changes]
    lines = [f"{study}, version {first} to {last}:", *as_mailed(settings, new, told)]
    if difference.noise:
        noise = (f"{rule} ({count})" for rule, count in sorted(difference.noise.items()))
        lines.append(f"  no news: {', '.join(noise)}")
    elif not difference.changes:
        lines.append("  no difference")
    for line in lines:
        typer.echo(line)


@commands.command()
def publish(
    nct_id: Nct,
    hide: Annotated[bool, Option("--hide", help="List it no longer.")] = False,
    reason: Why = None,
) -> None:
    """List a stored study on the first page and in the search. What is stored for followers alone is not listed.

    A study that a visitor asked for while nobody followed it is listed already.

    Example: notifier studies publish NCT01234567
    """
    from notifier.domain.study import parse_nct_id
    from notifier.storage import audit
    from notifier.storage.studies import study_page

    study, command = parse_nct_id(nct_id), f"studies publish{' --hide' if hide else ''}"
    with acts(reason) as (_, session, by):
        if not study_page.publish(session, study, None if hide else by.now):
            raise InputError(f"{study} is not stored here: let somebody follow it, or open its page, first")
        audit.note(session, by, command, people=0, ids={"studies": [int(study[3:])]})
    typer.echo(f"{study} is {'no longer listed' if hide else 'listed for everybody'}.")


def as_mailed(settings: "Settings", study: "Study | None", told: Sequence["Told"]) -> Iterator[str]:
    """Changes of one time in the words of the mails, under their weight and kinds; those that no mail tells are counted.

    study: their version; where it cannot be read there are no words for it, and the kinds are said alone.
    """
    from notifier import app
    from notifier.domain.changes import Weight
    from notifier.domain.wording import speech, tell
    from notifier.mail.render.environment import in_text

    said = sorted(
        (one for one in told if one.change.weight is not Weight.HOUSEKEEPING),
        key=lambda one: one.change.order,
    )
    folders = app.make_face(settings).folders(app.shipped("templates"))
    for telling in tell(speech("en"), study, said, UTC) if study and said else ():
        heading = f"{telling.weight.value}: {', '.join(telling.kinds)}"
        yield in_text(folders, telling, heading).rstrip()
    if study is None:
        for kind, number in Counter(one.change.kind for one in said).items():
            yield f"  {kind} ({kind.means}){f', {number} times' if number > 1 else ''}"
    untold = Counter(one.change.kind.value for one in told if one.change.weight is Weight.HOUSEKEEPING)
    if untold:
        yield "  told to nobody: " + ", ".join(f"{kind} ({number})" for kind, number in untold.items())


Version = Annotated[int, Argument(metavar="VERSION", help="Its newest version's number.")]
ANOTHER_WATCH = "A watch pass is running on this database: wait until it has ended"


@commands.command()
def rollback(nct_id: Nct, version: Version, yes: Yes = False, reason: Why = None) -> None:
    """Forget the newest version of a study, where the registry gave a wrong one: the next look compares with the one before.

    What it brought and nobody was told yet is told to nobody. See the number in `notifier studies history`.

    Example: notifier studies rollback NCT01234567 3
    """
    from notifier.domain.study import parse_nct_id
    from notifier.storage import audit
    from notifier.storage.studies import history

    study = parse_nct_id(nct_id)
    with deciding(reason) as (_, database, by), database.exclusive("watch", ANOTHER_WATCH):
        with database.reading() as session:
            history.row(session, study)
            followers = history.followers(session, study)
        sure(followers, "follow it", yes=yes)
        with database.transaction() as session:
            found = history.take_back(session, study, version, by.now)
            ids = {"versions": [version], "changes": list(found.changes)}
            audit.note(session, by, "studies rollback", people=followers, ids=ids)
    typer.echo(
        f"Version {found.version} is the newest again. {len(found.changes)} changes were taken back, "
        f"{found.untold} notices are told to nobody."
    )
    if found.told:
        which = " ".join(f"--change {each}" for each in found.changes)
        typer.echo(
            f"{found.told} people were told already: `notifier outbox correct --study {study} {which} …`."
        )
