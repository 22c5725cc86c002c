"""The file with the keys of the links, newest first, one a line; only we may read it. Knows nothing of what they sign.

A key is never taken out: links already mailed need it for ever.
"""

import os
import secrets
from pathlib import Path

from notifier.errors import SettingsError

NAME = "notifier.key"


def open_or_make(path: Path) -> list[str]:
    """The keys in the file, newest first; one is made where there is no file. Raises SettingsError."""
    try:
        return _read(path) if path.exists() else _made(path)
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, error) from error


def now_in(path: Path) -> list[str]:
    """The keys in the file now, none where it cannot be read. Makes no file: one that was lost is to be restored."""
    try:
        return _read(path)
    except (OSError, UnicodeDecodeError, SettingsError):
        return []


def rotate(path: Path) -> list[str]:
    """Put a new key before those in the file, which still open the links that they signed. Raises SettingsError."""
    keys = [_new_key(), *open_or_make(path)]
    try:
        draft = _written(path, keys)
        draft.replace(path)
    except OSError as error:
        raise _unusable(path, error) from error
    return keys


def _read(path: Path) -> list[str]:
    keys = path.read_text(encoding="ascii").split()
    if not keys:
        raise SettingsError(
            f"{path} is empty, and links already mailed need the key that was in it: restore it"
        )
    return keys


def _made(path: Path) -> list[str]:
    # Written whole under another name and then linked: two processes that start at once end up with one key.
    draft = _written(path, [_new_key()])
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return _read(path)


def _written(path: Path, keys: list[str]) -> Path:
    # It is on the disk before any link is made with it, because links already mailed need it for ever.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    with draft.open("w", encoding="ascii") as file:
        file.write("".join(f"{key}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    return draft


def _new_key() -> str:
    return secrets.token_urlsafe(48)


def _unusable(path: Path, error: Exception) -> SettingsError:
    return SettingsError(
        f"The key of the links cannot be read or made in {path} ({error}): mend its permissions, or set "
        "NOTIFIER_SECRET_KEYS"
    )
