"""The house rules that a machine can hold: which room imports which, and which package is used where."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "notifier"

#: From the bottom up; a room imports from rooms that stand lower, and beside itself only what BESIDE allows.
LAYERS = (
    (
        "errors",
        "clock",
        "settings",
        "tokens",
        "keyfile",
        "verp",
        "study",
        "changes",
        "schedule",
        "brake",
        "near",
        "pulse",
        "letter",
        "wording",
        "plain",
        "providers",
        "ring",
    ),
    (
        "tables",
        "inserting",
        "database",
        "sealing",
        "fence",
        "suppression",
        "outbox",
        "snapshots",
        "conditions",
        "subscribers",
        "notices",
        "anomalies",
        "letters",
        "reads",
        "cleanup",
        "history",
        "leaflet",
        "search",
        "retention",
        "erasures",
        "backups",
        "figures",
        "tallies",
        "places",
        "audit",
        "office",
    ),
    ("registry", "rendering", "press", "model", "smtp", "bounces"),
    ("alarm", "rounds", "writing", "watch", "deliver", "returned", "replay"),
    ("logs", "service", "bootstrap", "web", "rehearsal", "doctor", "cli", "__main__"),
    ("worker",),
)
BESIDE = {
    "settings": {"errors"},
    "tokens": {"errors"},
    "keyfile": {"errors"},
    "study": {"errors"},
    "changes": {"study", "errors"},
    "schedule": {"errors"},
    "letter": {"study", "changes", "near"},
    "wording": {"study", "changes", "letter", "near", "errors"},
    "plain": {"study", "wording", "errors"},
    "ring": {"errors", "providers"},
    "database": {"tables"},
    "sealing": {"tables", "database"},
    "fence": {"tables"},
    "anomalies": {"tables"},
    "alarm": {"deliver"},
    "rounds": {"alarm", "deliver"},
    "suppression": {"tables"},
    "outbox": {"tables", "suppression"},
    "inserting": {"tables"},
    "snapshots": {"tables", "places", "inserting"},
    "audit": {"tables"},
    "places": {"tables", "inserting"},
    "conditions": {"tables", "snapshots"},
    "subscribers": {"tables", "places", "notices", "outbox", "suppression"},
    "notices": {"tables"},
    "letters": {"tables", "outbox", "snapshots", "subscribers", "leaflet"},
    "reads": {"tables"},
    "cleanup": {"tables", "database", "subscribers", "reads", "retention", "tallies"},
    "retention": {"tables"},
    "history": {"tables", "snapshots"},
    "leaflet": {"tables", "snapshots"},
    "search": {"tables"},
    "figures": {"tables"},
    "erasures": {"tables", "database", "subscribers", "suppression"},
    "backups": {"tables", "database", "fence", "erasures"},
    "tallies": {"tables", "inserting"},
    "office": {"audit", "tables", "outbox", "suppression", "snapshots", "subscribers", "history"},
    "bounces": {"smtp"},
    "web": {"logs"},
    "bootstrap": {"logs", "web"},
    "rehearsal": {"bootstrap", "web"},
    "doctor": {"bootstrap", "rehearsal"},
    "cli": {"bootstrap", "web", "rehearsal", "doctor"},
    "__main__": {"cli"},
}
#: Packages that one room, or a few, own.
OWNERS = {
    "sqlmodel": {
        "tables",
        "inserting",
        "database",
        "sealing",
        "fence",
        "anomalies",
        "suppression",
        "outbox",
        "snapshots",
        "conditions",
        "subscribers",
        "notices",
        "letters",
        "reads",
        "history",
        "leaflet",
        "search",
        "figures",
        "erasures",
        "backups",
        "retention",
        "replay",
        "tallies",
        "places",
        "audit",
        "office",
    },
    "sqlalchemy": {
        "tables",
        "inserting",
        "database",
        "sealing",
        "fence",
        "anomalies",
        "suppression",
        "outbox",
        "snapshots",
        "conditions",
        "subscribers",
        "notices",
        "letters",
        "reads",
        "history",
        "leaflet",
        "search",
        "figures",
        "erasures",
        "backups",
        "retention",
        "replay",
        "tallies",
        "places",
        "audit",
        "office",
    },
    "alembic": {"database"},
    "httpx": {"registry", "model", "rehearsal", "doctor"},
    "tenacity": {"registry", "model"},
    "aiosmtplib": {"smtp"},
    "aiosmtpd": {"rehearsal"},
    "jinja2": {"rendering", "web"},
    "css_inline": {"rendering"},
    "cryptography": {"rendering", "ring"},
    "babel": {"wording", "rendering"},
    "dns": {"doctor"},
    "starlette": {"web", "rehearsal"},
    "uvicorn": {"web"},
    "prometheus_client": {"web"},
    "typer": {"cli"},
    "rich": {"cli", "rehearsal"},
    "apscheduler": {"worker"},
    "msgspec": {"study", "changes", "registry", "model", "rehearsal", "doctor"},
    "zstandard": {"snapshots"},
    "itsdangerous": {"tokens"},
    "email_validator": {"subscribers"},
    "pydantic": {"settings"},
    "dotenv": {"settings"},
    "filelock": {"database"},
    "flufl": {"bounces"},
}
FORBIDDEN_NAMES = {"helpers", "utils", "common", "manager", "data", "info", "misc"}
LONGEST_FILE = 400  # lines; a file that reaches it is to be thought through again


def modules():
    found = {path: ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")}
    worker = ROOT / "worker.py"
    return found | {worker: ast.parse(worker.read_text(encoding="utf-8"))}


MODULES = modules()


def room_of(path):
    return path.stem if path.parent in {PACKAGE, ROOT} else path.relative_to(PACKAGE).parts[0]


def layer_of(room):
    return next(number for number, rooms in enumerate(LAYERS) if room in rooms)


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def each(paths=MODULES):
    return pytest.mark.parametrize("path", sorted(paths), ids=lambda path: str(path.relative_to(ROOT)))


def test_every_room_has_its_layer():
    rooms = {room_of(path) for path in MODULES} - {"__init__"}
    assert rooms == {room for layer in LAYERS for room in layer}


@each()
def test_imports_point_down(path):
    room = room_of(path)
    for name in imported(MODULES[path]):
        parts = name.split(".")
        if (
            parts[0] != "notifier"
            or room == "__init__"
            or len(parts) < 2
            or parts[1] in {room, "__version__"}
        ):
            continue
        allowed = layer_of(parts[1]) < layer_of(room) or parts[1] in BESIDE.get(room, set())
        assert allowed, f"{path.name} ({room}) imports {name}"


@each()
def test_a_package_is_used_by_its_owner_only(path):
    for name in imported(MODULES[path]):
        owners = OWNERS.get(name.split(".")[0])
        assert owners is None or room_of(path) in owners, f"{path.name} imports {name}"


@each()
def test_a_transaction_never_spans_an_await(path):
    for block in ast.walk(MODULES[path]):
        if isinstance(block, ast.With) and any(
            "transaction" in ast.dump(item.context_expr) for item in block.items
        ):
            waits = [
                node for node in ast.walk(block) if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith)
            ]
            assert not waits, f"{path.name}:{waits[0].lineno} waits inside a transaction"


@each()
def test_nobody_but_the_clock_reads_the_time(path):
    if room_of(path) == "clock":
        return
    for node in ast.walk(MODULES[path]):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            read = (node.value.id, node.attr)
            assert read not in {
                ("datetime", "now"),
                ("datetime", "utcnow"),
                ("date", "today"),
                ("time", "time"),
            }, f"{path.name}:{node.lineno} reads the time"


@each()
def test_a_module_says_what_it_owns(path):
    assert ast.get_docstring(MODULES[path]), f"{path.name} opens without a docstring"


@each()
def test_a_file_can_be_held_in_the_head(path):
    assert path.stem not in FORBIDDEN_NAMES
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_functions_are_short():
    lengths = []
    for tree in MODULES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                documented = ast.get_docstring(node) is not None
                body = node.body[1:] if documented else node.body
                lengths.append((body[-1].end_lineno - body[0].lineno + 1) if body else 0)
    lengths.sort()
    assert lengths[len(lengths) // 2] <= 8
    assert lengths[len(lengths) * 9 // 10] <= 30
