"""The house rules that a machine can hold: which room imports which, and which package is used where."""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "notifier"

#: From the bottom up; a room imports from rooms of lower layers. Those of one layer never import one another.
LAYERS = (
    ("errors",),
    ("clock", "logs", "settings"),
    ("domain",),
    ("storage", "sources", "mail"),
    ("services",),
    ("web", "jobs"),
    ("app",),
    ("demo",),
    ("doctor",),
    ("cli",),
    ("__main__", "worker"),
)
#: `domain` decides and stands on nothing but the errors: no settings, no clock, no logs.
DOMAIN_KNOWS = {"domain", "errors"}
#: Packages that one room, or a few, own.
OWNERS = {
    "sqlmodel": {"storage"},
    "sqlalchemy": {"storage"},
    "alembic": {"storage"},
    "httpx": {"sources", "services", "demo", "doctor"},
    "aiosmtplib": {"mail"},
    "jinja2": {"mail", "web"},
    "css_inline": {"mail"},
    "cryptography": {"mail", "storage"},
    "babel": {"domain", "mail"},
    "dns": {"doctor"},
    "starlette": {"web", "demo"},
    "uvicorn": {"web"},
    "prometheus_client": {"web"},
    "typer": {"cli"},
    "rich": {"cli", "demo"},
    "apscheduler": {"jobs"},
    "msgspec": {"domain", "sources", "services", "demo", "doctor"},
    "zstandard": {"storage"},
    "itsdangerous": {"domain"},
    "email_validator": {"storage"},
    "pydantic": {"settings"},
    "dotenv": {"settings"},
    "filelock": {"storage"},
}
FORBIDDEN_NAMES = {"helpers", "utils", "common", "manager", "data", "info", "misc"}
LONGEST_FILE = 600  # lines
#: What `not_in` may be given besides constants: values that were bound, or handed in as a collection.
NO_SELECTS = {"listed", "but", "words_of_ours"}
READS_THE_TIME = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}


@cache
def modules():
    """Every module with its tree; parsed where one of these tests runs, not by each process that collects them."""
    paths = [*sorted(PACKAGE.rglob("*.py")), ROOT / "worker.py"]
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@cache
def nodes_of(tree):
    """All of a module; to walk through the trees takes longer than what a rule looks for there."""
    return [*ast.walk(tree)]


def name_of(path):
    """The dotted name of a module below the package: `storage.outbox.claims`, `worker`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part not in {"notifier", "__init__"})


def room_of(path):
    return name_of(path).split(".")[0]


def imported(tree, nodes=nodes_of):
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_imported(tree):
    parts = (name.split(".") for name in imported(tree))
    return {part[1] for part in parts if part[0] == "notifier" and len(part) > 1} - {"__version__"}


def functions():
    for path, tree in modules().items():
        for node in nodes_of(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) is not None else node.body
                yield path, node, (body[-1].end_lineno - body[0].lineno + 1) if body else 0


def test_imports_point_down():
    rank = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
    for path, tree in modules().items():
        here = room_of(path)
        if not here:
            continue
        for there in rooms_imported(tree) - {here}:
            assert rank[there] < rank[here], f"{path.relative_to(ROOT)} imports {there}"
            assert here != "domain" or there in DOMAIN_KNOWS, f"{path.relative_to(ROOT)} imports {there}"


def test_no_circle_of_imports():
    names = {name_of(path) for path in modules()}
    arrows = {}
    for path, tree in modules().items():
        for name in imported(tree, lambda module: module.body):  # what a function imports, it imports later
            there = name.removeprefix("notifier.")
            there = next((n for n in (there, there.rpartition(".")[0]) if n in names), None)
            if there and there != name_of(path):
                arrows.setdefault(name_of(path), set()).add(there)
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as circle:
        pytest.fail(f"a circle of imports: {circle.args[1]}")


def test_a_package_is_used_by_its_owner_only():
    for path, tree in modules().items():
        for name in imported(tree):
            owners = OWNERS.get(name.split(".")[0])
            assert owners is None or room_of(path) in owners, f"{path.relative_to(ROOT)} imports {name}"


def test_a_transaction_never_spans_an_await():
    for path, tree in modules().items():
        for block in nodes_of(tree):
            if not isinstance(block, ast.With):
                continue
            if any("transaction" in ast.dump(item.context_expr) for item in block.items):
                waits = [
                    n for n in ast.walk(block) if isinstance(n, ast.Await | ast.AsyncFor | ast.AsyncWith)
                ]
                assert not waits, f"{path.name}:{waits[0].lineno} waits inside a transaction"


def test_nobody_but_the_clock_reads_the_time():
    for path, tree in modules().items():
        for node in nodes_of(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                reads = (node.value.id, node.attr) in READS_THE_TIME
                assert not reads or room_of(path) == "clock", f"{path.name}:{node.lineno} reads the time"


def test_no_statement_asks_what_is_not_in_a_select():
    """Where the list outgrows a database's memory, `NOT IN (SELECT …)` reads it anew for each row: `~….exists()` never does."""
    for path, tree in modules().items():
        said = path.read_text(encoding="utf-8").upper()
        assert "NOT IN (SELECT" not in said.replace("`NOT IN (SELECT", ""), f"{path.name} says it in words"
        for node in nodes_of(tree):
            turned = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert)
            call, names = (node.operand, {"in_"}) if turned else (node, {"not_in", "notin_"})
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in names:
                listed = call.args[0]
                known = isinstance(listed, ast.Tuple | ast.List | ast.Set) or (
                    isinstance(listed, ast.Name) and (listed.id.isupper() or listed.id in NO_SELECTS)
                )
                assert known, f"{path.relative_to(ROOT)}:{call.lineno}: is it a list of constants?"


def test_a_module_says_what_it_owns():
    for path, tree in modules().items():
        assert ast.get_docstring(tree), f"{path.relative_to(ROOT)} opens without a docstring"


def test_a_file_can_be_held_in_the_head():
    for path in modules():
        assert path.stem not in FORBIDDEN_NAMES
        assert path.read_text(encoding="utf-8").count("\n") <= LONGEST_FILE, path.name


def test_functions_are_short():
    lengths = sorted(length for _, _, length in functions())
    assert lengths[len(lengths) // 2] <= 8
    assert lengths[len(lengths) * 9 // 10] <= 30


def test_no_function_outgrows_a_screen():
    for path, node, length in functions():
        assert length <= 60, f"{path.relative_to(ROOT)}: {node.name} has {length} lines"


def test_a_name_means_one_thing():
    homes = {}
    for path, tree in modules().items():
        for node in nodes_of(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, set()).add(name_of(path))
    assert not {name: modules for name, modules in homes.items() if len(modules) > 1}
