"""`notifier dkim`: a key of our own for signing mails, and what to publish for it."""

from pathlib import Path
from typing import Annotated

import typer

from notifier.cli import start
from notifier.cli.choices import KeyType

app = typer.Typer(help="Keys that sign the mails, where the mail server does not.", no_args_is_help=True)


@app.command()
def new(
    selector: Annotated[
        str, typer.Argument(metavar="SELECTOR", help="The key's name in the DNS, such as 2027a.")
    ],
    kind: Annotated[
        KeyType, typer.Option("--type", help="Every receiver verifies rsa, some ed25519.")
    ] = KeyType.rsa,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the key goes; else SELECTOR.pem.")
    ] = None,
) -> None:
    """Make a key in a file that only you may read, and print the DNS record to publish for it.

    Example: notifier dkim new 2027a --out /etc/notifier/2027a.pem
    """
    from notifier import app as parts
    from notifier.errors import InputError
    from notifier.mail.render import dkim_keys
    from notifier.settings import is_selector

    if not is_selector(selector):
        raise InputError(f"{selector!r} is no selector: use letters, digits and dashes, for example 2027a")
    domain = parts.dkim_domain(start.settings())
    path = (out or Path(f"{selector}.pem")).absolute()
    key = dkim_keys.new_key(selector, domain, kind.value, path)
    typer.echo(f"The key is in {path}, which only you may read.\n\nPublish this DNS record:\n")
    typer.echo(f"  name   {dkim_keys.record_name(key)}\n  type   TXT")
    typer.echo("  value  " + " ".join(f'"{each}"' for each in dkim_keys.record_strings(key)))
    typer.echo(f"\nWhen the DNS answers with it, add {selector}:{path} to NOTIFIER_DKIM_KEYS.")
