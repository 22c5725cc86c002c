"""`python worker.py` is `notifier worker`."""

import gc

gc.disable()  # what imports make stays: to look through it for rubbish again and again is a tenth of the start
from notifier.cli.passes import main  # noqa: E402 - as above

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
