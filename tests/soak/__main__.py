"""`python -m tests.soak`: exit 1 where an invariant fell; the last line of standard output is one JSON object."""

import argparse
import asyncio
import json
import random
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.soak import servers
from tests.soak.run import soak

WORKERS_ON_POSTGRESQL = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument(
        "--minutes", type=float, default=5.0, help="how long everything goes on; 5 unless said"
    )
    parser.add_argument("--seed", type=int, help="the run to have again; another one each time unless said")
    parser.add_argument(
        "--database",
        help="the URL of an empty database; or postgresql, or pgbouncer, for a server of its own; SQLite unless said",
    )
    parser.add_argument("--json", action="store_true", help="print the last line alone")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is ended with us
    seed = random.randrange(1_000_000) if asked.seed is None else asked.seed
    (sys.stderr if asked.json else sys.stdout).write(f"seed {seed}\n")
    with ExitStack() as stack:
        url = servers.database(stack, asked.database)
        folder = Path(tempfile.mkdtemp(prefix="notifier-soak-"))
        workers = 1 if url is None or url.startswith("sqlite") else WORKERS_ON_POSTGRESQL
        report = asyncio.run(soak(folder, asked.minutes * 60, seed=seed, url=url, workers=workers))
    if report.faults:
        sys.stderr.write(f"{report.sentences()}\nall of it is in {folder}\n")
    else:
        shutil.rmtree(folder)
    sys.stdout.write(json.dumps(report.plain()) + "\n")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
