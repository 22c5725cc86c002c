"""How logs look. What may be in them is decided where they are written: ids, never an address (P8)."""

import logging
import os
import re
import sys
from collections import Counter
from contextlib import suppress
from typing import Any

import structlog

#: Whatever looks like an e-mail address. Nobody means to log one; this is the last net, for words of other packages.
#: The name's length is bounded, so that no text makes the search slow.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@\w[\w-]*(?:\.[\w-]+)+")

#: How often each action was logged since the process began: faults that no table keeps.
_SEEN: Counter[str] = Counter()

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
#: How heavy a line is for journald (sd-daemon(3)); what is not named is an error.
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "critical": 2}


def configure(form: str | None, level: str) -> None:
    """Log to standard error; `form` is text or json, by default text on a terminal."""
    as_text = form == "text" or (form is None and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        _counted,
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    tail: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,  # a traceback without the values of variables
        without_addresses,
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if as_text
        else structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    # Whether journald reads what is written there, it says by the device and inode (systemd.exec(5)).
    with suppress(OSError, ValueError, AttributeError):
        where = os.fstat(sys.stderr.fileno())
        if os.environ.get("JOURNAL_STREAM") == f"{where.st_dev}:{where.st_ino}":
            tail.append(_for_journald)
    structlog.configure(
        processors=[*shared, *tail],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tail],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(LEVELS[level], logging.WARNING))


def _for_journald(_logger: Any, method: str, line: Any) -> str:
    """The line with its priority before it, and before each line of a traceback."""
    mark = f"<{_PRIORITIES.get(method, 3)}>"
    return mark + str(line).replace("\n", f"\n{mark}")


def seen() -> dict[str, int]:
    return dict(_SEEN)


def _counted(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    _SEEN[str(event.get("action", "none"))] += 1
    return event


def without_addresses(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Put `<address>` where an address stands, in every text of a log line."""
    return {name: _masked(value) for name, value in event.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return _ADDRESS.sub("<address>", value) if "@" in value else value
    if isinstance(value, list | tuple):
        return [_masked(each) for each in value]
    return value
