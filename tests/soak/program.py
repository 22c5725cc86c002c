"""The program itself with shorter waits, so that minutes show what days do: `worker`, or `commands` from standard input.

`commands` reads a line of JSON a command, forks, and lets the child be `notifier` with these arguments: a process of its
own that is spared the half second of imports. It answers two lines: the child's process id, and its exit code.
"""

import gc
import json
import os
import sys
import traceback
from datetime import timedelta

#: Constants of the program, wherever they live. One that is renamed stops the rig: else it would wait for hours.
SHORTER = {
    "DELIVER_EVERY": timedelta(seconds=1),
    "ALARM_EVERY": timedelta(seconds=5),
    "ROUNDS_EVERY": timedelta(seconds=7),
    "LEAD_EVERY": timedelta(seconds=1),
    "LEAD_FOR": 4.0,
    "UNSURE_AFTER": timedelta(seconds=2),
    "LEASE": timedelta(seconds=20),  # well longer than a mail to the relay may take
    "CONFIRMATION_EVERY": timedelta(seconds=1),
    "LINK_EVERY": timedelta(seconds=1),
    "LINKS_A_DAY": 100_000,
}


def hurry() -> None:
    """Set the shorter waits in every module that is loaded."""
    found = set()
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in {"notifier", "worker"}:
            for constant in SHORTER.keys() & vars(module).keys():
                setattr(module, constant, SHORTER[constant])
                found.add(constant)
    if lost := SHORTER.keys() - found:
        sys.exit(
            f"tests.soak: the program has no {', '.join(sorted(lost))} any more: see tests/soak/program.py"
        )


def be_the_worker() -> None:
    import worker

    hurry()
    sys.argv = ["worker.py"]
    worker.main()


def be_commands() -> None:
    import worker  # noqa: F401 - loaded before the fork: the waits have to be there, and no child loads them again

    hurry()
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        if not (child := os.fork()):
            _be_command(asked["arguments"], asked["out"], asked["err"])
        _say(child)
        _say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _be_command(arguments: list[str], out: str, err: str) -> None:
    """Be `notifier` with these arguments, to the end of the process."""
    from notifier import cli

    for target, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), target)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv, code = ["notifier", *arguments], 0
    try:
        cli.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - the interpreter would print it too, and end
        traceback.print_exc()
        code = 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    {"worker": be_the_worker, "commands": be_commands}[sys.argv[1]]()
