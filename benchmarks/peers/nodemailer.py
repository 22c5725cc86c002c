"""nodemailer, as `nodemailer.mjs` beside this file uses it; in a folder in which npm installed it."""

import json
import subprocess
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_suffix(".mjs")


def send(
    installed: Path, like: Path, folder: Path, port: int, count: int, connections: int
) -> dict[str, Any]:
    """Queue so many mails and send them all; the seconds of each part."""
    given = {
        "like": str(like),
        "folder": str(folder),
        "port": port,
        "count": count,
        "connections": connections,
    }
    done = subprocess.run(
        ["node", SCRIPT, installed.absolute(), json.dumps(given)],  # noqa: S607 - wherever Node.js is here
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"nodemailer failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
