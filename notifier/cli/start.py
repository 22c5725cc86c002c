"""What every command begins with. Not done before the command is known, so that help needs no right settings."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notifier.settings import Settings


def settings() -> "Settings":
    """The checked settings of this process; logging has begun. Raises SettingsError."""
    from notifier import app

    found = app.load_settings()
    app.start_logging(found, of_a_command=True)
    return found
