"""`notifier keys`: the keys that sign the links in mails. A key itself is never shown."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli import start

if TYPE_CHECKING:
    from notifier.settings import Settings

app = typer.Typer(help="The keys that sign the links in mails.", no_args_is_help=True)


@app.command()
def rotate() -> None:
    """Make a new key that signs from now on. Those before it still open the links that they signed.

    Example: notifier keys rotate
    """
    from notifier.domain import key_file
    from notifier.errors import InputError

    if start.settings().secret_keys is not None:
        raise InputError(
            "The keys are set in NOTIFIER_SECRET_KEYS, which no command can change: put a new one first there, with a "
            "comma after it, keep all that are there, and restart the program. A new one can be made with "
            "`openssl rand -base64 48`"
        )
    path = Path.cwd() / key_file.NAME
    keys = key_file.rotate(path)
    typer.echo(
        f"{path} has {len(keys)} keys now. What starts from now on signs with the new one, and the pages that run know its "
        "links: restart the workers. "
        "Back the file up, and never take a key out of it: links already mailed need it."
    )


@app.command("list")
def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Say how many keys there are and where, the one that signs first. Shows no key, only a mark to tell them apart.

    Example: notifier keys list
    """
    where, keys = _keys(start.settings())
    marks = [_mark(key) for key in keys]
    if as_json:
        typer.echo(json.dumps({"where": where, "keys": marks}))
        return
    for number, mark in enumerate(marks):
        typer.echo(f"{mark}  {'verifies' if number else 'signs and verifies'}")
    typer.echo(f"{len(marks)} in {where}.")


def _keys(settings: "Settings") -> tuple[str, list[str]]:
    from notifier.domain import key_file

    if settings.secret_keys is not None:
        return "NOTIFIER_SECRET_KEYS", list(settings.secret_keys)
    path = Path.cwd() / key_file.NAME
    return str(path), key_file.open_or_make(path) if path.exists() else []


def _mark(key: str) -> str:
    """Tells a key apart from others, and does not help to guess it."""
    import hashlib

    return hashlib.sha256(f"notifier.mark.{key}".encode()).hexdigest()[:8]
