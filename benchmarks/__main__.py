"""`python -m benchmarks [NAME…] [--quick] [--json] [--nodemailer DIR]`: measures, and prints one table."""

import argparse
import importlib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.measure import Ground, Row, Scale
from benchmarks.store import postgresql

#: The names of the workloads, each a module of this folder, in the order of the table.
WORKLOADS = (
    "page", "differences", "fanout", "mail", "outbox", "visitors", "day", "growth", "importing", "starting", "size",
)  # fmt: skip
POSTGRESQL = {"size", "fanout", "outbox", "importing"}  # those that use it where it is installed
SCALES = {
    Scale.QUICK: "fewer rounds and smaller sizes, for a first look",
    Scale.SMALLEST: "only to see that everything runs: its figures mean nothing",
}
HEADINGS = ("what", "ours", "beside", "ratio", "reach", "reached")
REACHED = {True: "yes", False: "no", None: ""}


def main() -> None:
    """Measure what was asked for, and say it."""
    asked = _arguments()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="notifier-benchmarks-")))
        needed = POSTGRESQL & set(asked.names or WORKLOADS)
        server = stack.enter_context(postgresql(str(folder / "postgresql"))) if needed else None
        ground = Ground(asked.scale, folder, server, asked.nodemailer)
        found = list(measured(ground, asked.names or WORKLOADS))
    if asked.json:
        print(json.dumps([row.plain() for row in found], ensure_ascii=False, indent=1))
    else:
        say(found)


def measured(ground: Ground, names: list[str] | tuple[str, ...]) -> Iterator[Row]:
    """The lines of these workloads, each said on standard error as it comes: a whole run takes a while."""
    for name in names:
        sys.stderr.write(f"measuring {name} …\n")
        for row in importlib.import_module(f"benchmarks.{name}").rows(ground):
            sys.stderr.write(f"  {row.what}: {row.ours}; {row.beside}; {row.ratio}\n")
            yield row


def say(found: list[Row]) -> None:
    """One table: drawn on a terminal, in Markdown elsewhere."""
    cells = [
        (row.what, row.ours, row.beside, row.ratio, row.reach.words, REACHED[row.reach.reached])
        for row in found
    ]
    if sys.stdout.isatty():
        _draw(cells)
        return
    print("| " + " | ".join(HEADINGS) + " |")
    print("|" + "---|" * len(HEADINGS))
    for line in cells:
        print("| " + " | ".join(line) + " |")


def _draw(cells: Sequence[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*HEADINGS)
    for line in cells:
        table.add_row(*line, style="red" if line[-1] == "no" else None)
    Console().print(table)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(WORKLOADS)}; else all")
    for scale, words in SCALES.items():
        parser.add_argument(f"--{scale}", action="store_const", dest="scale", const=scale, help=words)
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    parser.add_argument(
        "--nodemailer",
        type=Path,
        metavar="DIR",
        help="where `npm install nodemailer nunjucks better-sqlite3@12` was run; else it is left out",
    )
    parser.set_defaults(scale=Scale.FULL)
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(WORKLOADS):
        parser.error(f"no workload is called {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    return asked


if __name__ == "__main__":
    main()
