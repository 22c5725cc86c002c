"""`python worker.py` is `notifier worker`."""

from notifier.cli.passes import main

if __name__ == "__main__":
    main()
