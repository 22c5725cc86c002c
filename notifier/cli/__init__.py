"""The admin's command. Each command is a thin door: read the words, call one room, say what came of it.

Exit 0: done. Exit 1: it could not be done, and one line on standard error says what and what to do. Exit 2: wrong use.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

from notifier.cli.app import app


def main() -> None:
    """Run the command; an error that has a name becomes one line, never a traceback."""
    from notifier.errors import NotifierError

    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # what was not echoed line by line fails here, and not at exit
    except NotifierError as error:
        sys.stderr.write(f"notifier: {error}\n")
        sys.exit(1)
    except OSError as error:
        # What can go wrong with a file that was asked for has a name of ours; this is mostly output on a full disk.
        # Throw away what is still to be written, so that Python does not try it again at exit.
        with suppress(OSError, ValueError), Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # whoever read our output has read enough
            sys.stderr.close()
            sys.exit(0)
        where = error.filename or "The answer"
        sys.stderr.write(f"notifier: {where} could not be written or read: {error.strerror or error}\n")
        sys.exit(1)
