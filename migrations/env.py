"""Runs the migrations on the connection that `notifier.storage.engine` hands over."""

from alembic import context

from notifier.storage.engine import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    render_as_batch=True,
    compare_type=True,
    transaction_per_migration=False,
)
context.run_migrations()
