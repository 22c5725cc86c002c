"""Imported by the daemon before all else, so that it starts fast and small: owns what is left out, and the peace to load.

Some packages load another one where it is installed, for a console or an event loop that the daemon has not. They do as
well without.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

#: What draws on terminals, and an event loop that is not ours; and who would load it: a tenth of a second, ten MB.
LEFT_OUT = ("rich", "pygments", "trio")
WHO_ASK = ("structlog", "httpx", "httpcore")

_USUAL = gc.get_threshold()
#: Nearly all that imports make stays: looking through it for rubbish again and again is a tenth of the start.
_WHILE_LOADING = (20_000, 20, 20)


@contextmanager
def as_if_not_installed(*packages: str) -> Iterator[None]:
    """Who imports one of these meanwhile is told that it is not there; who has it already keeps it."""
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is what stops an import
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def settle() -> None:
    """All is loaded, and stays: the search for rubbish goes on as usual, and passes it over from here on."""
    gc.freeze()
    gc.set_threshold(*_USUAL)


gc.set_threshold(*_WHILE_LOADING)
with as_if_not_installed(*LEFT_OUT):
    for each in WHO_ASK:
        import_module(each)
