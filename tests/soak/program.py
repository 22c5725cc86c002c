"""The program itself with shorter waits, so that minutes show what days do: the `worker`, or a `command`."""

import sys
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


def be_a_command() -> None:
    import worker  # noqa: F401 - the waits have to be there
    from notifier import cli

    hurry()
    sys.argv = ["notifier", *sys.argv[2:]]
    cli.main()


if __name__ == "__main__":
    {"worker": be_the_worker, "command": be_a_command}[sys.argv[1]]()
