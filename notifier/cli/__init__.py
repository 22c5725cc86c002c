"""The admin's command. Each command is a thin door: read the words, call one room, say what came of it.

Exit 0: done. Exit 1: it could not be done, and one line on standard error says what and what to do. Exit 2: wrong use.
"""

import sys

from notifier.cli.app import app

__all__ = ["app", "main"]


def main() -> None:
    """Run the command; an error that has a name becomes one line, never a traceback."""
    from notifier.errors import NotifierError

    try:
        app()
    except NotifierError as error:
        sys.stderr.write(f"notifier: {error}\n")
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read our output has read enough; closing stderr keeps Python from complaining at exit.
        sys.stderr.close()
        sys.exit(0)
