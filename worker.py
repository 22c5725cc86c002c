"""`python worker.py` is `notifier worker`, without what draws frames and colours on a terminal: it would be loaded and never used."""

import sys

sys.modules["rich"] = sys.modules["httpx._main"] = None  # type: ignore[assignment]  # seen as not installed

from notifier.passes import main  # noqa: E402 - that has to stand before

if __name__ == "__main__":
    main()
