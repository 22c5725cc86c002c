"""`notifier outbox …`: what waits, what is held, what failed, who was mailed what, and what to do with it."""

import typer

from notifier.cli.outbox import correcting, held, looking, planning, reconciling, resend, sent

app = typer.Typer(help="What waits, is held, or failed.", no_args_is_help=True)
app.command("list")(looking.list_all)
app.command()(looking.show)
app.command()(planning.plan)
app.command()(held.release)
app.command()(held.drop)
app.command()(resend.resend)
app.command()(correcting.correct)
app.command()(sent.sent)
app.command()(reconciling.reconcile)
