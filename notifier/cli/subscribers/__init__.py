"""`notifier subscribers …`: the people who asked. An address is typed here and shown here; it is in no log."""

import typer

from notifier.cli import bounces
from notifier.cli.subscribers import adding, importing, leaving, listing, moving, pausing, showing

app = typer.Typer(
    help="The people who asked: add, find, pause, end, move, export, erase.", no_args_is_help=True
)
app.command()(adding.add)
app.command("list")(listing.list_all)
app.command()(showing.show)
app.command()(pausing.pause)
app.command()(pausing.resume)
app.command()(pausing.end)
app.command("import")(importing.bring)
app.command()(moving.move)
app.command()(leaving.export)
app.command()(leaving.erase)
app.command()(bounces.lift)
