"""What works in a second process in a test: it doubles numbers, and cannot make anything of those below zero."""

import sys
from contextlib import contextmanager


class Doubler:
    def make(self, wanted):
        sys.stdout.write("this must not stand among the answers\n")
        return ((number, None if number < 0 else 2 * number) for number in wanted)


@contextmanager
def opened():
    yield Doubler()
